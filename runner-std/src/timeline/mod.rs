//! stub
use crate::cli::TimelineArgs;
use crate::failure::Failure;
/// stub
pub fn run(_: &TimelineArgs) -> Result<(), Failure> {
    Ok(())
}
