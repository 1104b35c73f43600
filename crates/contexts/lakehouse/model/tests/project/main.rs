//! The crate through its front door: whole projects on disk, read, rendered, selected from, refused.

mod fixture;
mod graph;
mod loading;
mod refusals;
mod rendering;
mod rules;
mod selecting;
