fn main() {
    println!("cargo:rerun-if-changed=logger.x");
    if std::env::var_os("CARGO_FEATURE_DEFMT").is_some() {
        let folder = std::env::var("CARGO_MANIFEST_DIR").expect("cargo sets it");
        println!("cargo:rustc-link-arg-bins=-T{folder}/logger.x");
    }
}
