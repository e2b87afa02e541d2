//! From placed pieces to page content. Everything that paints goes through
//! [`canvas::Canvas::marked`] or [`canvas::Canvas::artifact`], so nothing can be painted that is
//! neither content nor declared decoration.

mod canvas;
mod furniture;
mod grounds;
mod pages;
mod reading;
mod sheet;

pub(crate) use canvas::{image, opacity};
pub(crate) use pages::{Painted, PaintedPage, Spot, paint};
