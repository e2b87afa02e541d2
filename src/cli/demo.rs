//! `quarterday demo`.

use super::{DemoArgs, Exit};

pub(super) fn demo(_args: &DemoArgs) -> Exit {
    Exit::Failure
}
