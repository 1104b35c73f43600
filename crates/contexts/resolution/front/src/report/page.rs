//! The frame of the page: everything it needs is in it.

use super::Report;

const FRAME: &str = include_str!("page.html");
const STYLE: &str = include_str!("style.css");
/// Chart.js, as its authors publish it; its licence lies beside it.
const LIBRARY: &str = include_str!("chart.umd.min.js");
/// Ours, in this order.
const SCRIPT: &str = concat!(include_str!("drawing.js"), include_str!("charts.js"), include_str!("page.js"));

pub(super) fn page(report: &Report) -> String {
    // A `<` in the data could end the element that holds it; JSON may write it as an escape.
    let data = serde_json::to_string(report).unwrap_or_default().replace('<', "\\u003c");
    let title = format!("{}: entity resolution", report.file);
    let title = title.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let mut page = String::with_capacity(FRAME.len() + STYLE.len() + LIBRARY.len() + SCRIPT.len() + data.len());
    let mut rest = FRAME;
    // Piece by piece: what is put in must not be searched for the next placeholder.
    while let Some((before, after)) = rest.split_once("{{") {
        let (name, after) = after.split_once("}}").unwrap_or((after, ""));
        page.push_str(before);
        page.push_str(match name {
            "title" => &title,
            "style" => STYLE,
            "library" => LIBRARY,
            "script" => SCRIPT,
            "data" => &data,
            _ => "",
        });
        rest = after;
    }
    page.push_str(rest);
    page
}
