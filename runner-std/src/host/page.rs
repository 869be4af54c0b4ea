//! The page: what `build.rs` made, as a browser asks for it.

use std::borrow::Cow;

use crate::door::http::Reply;

/// A file of the page.
#[derive(Debug)]
pub(super) struct File {
    name: &'static str,
    content: &'static [u8],
    /// The same, compressed with gzip.
    zipped: Option<&'static [u8]>,
}

include!(concat!(env!("OUT_DIR"), "/page.rs"));

/// What the page may do: load its own files, run its own WebAssembly, and talk to the host that it came from. No text becomes
/// markup, script or style.
const POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; connect-src 'self'; \
                      img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
                      require-trusted-types-for 'script'; trusted-types 'none'";
/// Asked for anew each time. Nothing in it is secret, and what must not be stored is not kept for going back to, either.
const ASK: &str = "no-cache";
/// A name that changes with the content.
const FOR_EVER: &str = "public, max-age=31536000, immutable";

/// The file that goes by `path`, if it is one of the page's.
pub(super) fn find(path: &str, gzip: bool) -> Option<Reply<'static>> {
    let name = if path == "/" { "index.html" } else { path.strip_prefix("/assets/")? };
    let &File { name, content, zipped } = FILES.iter().find(|file| file.name == name)?;
    let zipped = zipped.filter(|_| gzip);
    let mut body = Cow::Borrowed(zipped.unwrap_or(content));
    let is_page = name == "index.html";
    if is_page && !MISSING.is_empty() {
        let why = MISSING.replace('&', "&amp;").replace('<', "&lt;");
        body = String::from_utf8_lossy(content).replace("MISSING", &why).into_bytes().into();
    }
    Some(Reply {
        kind: kind(name),
        caching: if is_page || !MISSING.is_empty() { ASK } else { FOR_EVER },
        gzip: zipped.is_some(),
        policy: Some(POLICY),
        body,
        ..Reply::OK
    })
}

fn kind(name: &str) -> &'static str {
    match name.rsplit_once('.').map_or("", |(_, extension)| extension) {
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "wasm" => "application/wasm",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_and_all_that_it_names_is_there() {
        let page = find("/", false).expect("a page");
        let text = String::from_utf8_lossy(&page.body).into_owned();
        let named: Vec<_> = text.split('"').filter(|word| word.starts_with("/assets/")).collect();
        assert!(named.len() >= 2, "{text}");
        for name in named {
            assert!(find(name, true).is_some_and(|reply| !reply.body.is_empty()), "{name}");
        }
        assert!(
            !text.contains("MISSING") && !text.contains("http://") && !text.contains("https://"),
            "{text}"
        );
    }

    #[test]
    fn nothing_else_is_there() {
        for path in [
            "",
            "/index.html",
            "/assets/",
            "/assets/../Cargo.toml",
            "/assets/index.html.gz",
            "//assets/app.js",
        ] {
            assert!(find(path, true).is_none(), "{path}");
        }
    }
}
