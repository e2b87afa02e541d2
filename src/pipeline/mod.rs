//! What the pipeline folder says, as values that are valid by their types.
mod reader;
mod source;
