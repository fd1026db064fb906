//! stub
#[derive(Default)]
pub struct ProgrammeCache;
