//! placeholder
pub struct Run; pub struct Runs;
