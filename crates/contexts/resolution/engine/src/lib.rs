//! Entity resolution in memory: columns of texts in, pairs with weights and clusters out.
//!
//! The steps, each usable alone: [`block`] gives candidate pairs, [`compare`] puts each on the rungs of ladders, [`train`]
//! estimates what each rung is worth (Fellegi and Sunter, 1969), [`score`] adds that up to a weight, [`cluster`] makes
//! groups, [`expect`] says how good they are likely to be, [`measure`] compares them with the truth.
//!
//! Invariants: nothing here reads files, clocks or chance that is not given; neither the id of a record nor its place in the
//! file is evidence; scoring a pair and clustering a component are pure functions.
//!
//! Absent on purpose: names of columns and files, model documents, anything printed: they belong to the front.

pub mod block;
pub mod cluster;
pub mod column;
pub mod compare;
pub mod expect;
pub mod measure;
pub mod names;
pub mod order;
pub mod score;
pub mod text;
pub mod train;
