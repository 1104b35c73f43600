//! How a failure is told: what, where, why, what to do, and the page that says more.

use std::io::{self, Write};

use lakehouse::Fault;

use crate::paint::Paint;

/// Tells an error on standard error. Whatever goes wrong meanwhile has nobody left to be told to.
pub(crate) fn tell(fault: &Fault, paint: Paint) {
    let mut err = io::stderr().lock();
    let _told = write!(err, "{}", text(fault, paint));
}

/// An error as people read it.
fn text(fault: &Fault, paint: Paint) -> String {
    let mut text = format!("{}: {}\n", paint.bad(&format!("error[{}]", fault.code)), fault.message);
    let page = format!("grayghost explain {}", fault.code);
    let parts = [
        ("where", fault.place.as_ref()),
        ("why", fault.why.as_ref()),
        ("do", fault.remedy.as_ref()),
        ("page", Some(&page)),
    ];
    for (name, part) in parts {
        if let Some(part) = part {
            let part = part.trim().replace('\n', "\n    ");
            let line = format!("  {} {part}\n", paint.dim(&format!("{name}:")));
            text.push_str(&line);
        }
    }
    text
}
