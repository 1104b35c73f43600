//! Two answers as bars: what one runs a lakehouse for.

use serde_json::Value;

use crate::{
    failure::Failure,
    figures::grouped,
    layout::{Cell, Side, Table},
    paint::Tone,
    session::Session,
};

/// Length of the longest bar, in characters.
const WIDEST: f64 = 36.0;

const CHARTS: [(&str, &str); 2] = [
    ("net revenue by month", "select month, net_revenue from gold.monthly_sales order by month desc limit 13"),
    (
        "customers by segment (recency, frequency, money)",
        "select segment, customers from gold.rfm_segments order by customers desc, segment limit 6",
    ),
];

/// Writes both.
pub(super) fn write(session: &mut Session) -> Result<(), Failure> {
    if session.screen.is_quiet() {
        return Ok(());
    }
    let house = session.open()?;
    for (title, statement) in CHARTS {
        let mut rows = session.wait(house.query_sql(statement.to_owned(), None, session.cancel.clone()))?.rows;
        if statement.contains("month desc") {
            rows.reverse();
        }
        let bars: Vec<(String, f64)> = rows.iter().filter_map(|row| pair(row)).collect();
        let paint = session.screen.paint;
        let text = format!("\n{}\n{}", paint.strong(title), chart(&bars).render(paint).trim_end());
        super::say(session, &text)?;
    }
    Ok(())
}

fn pair(row: &[Value]) -> Option<(String, f64)> {
    let [name, value] = row else { return None };
    // A decimal too long for JSON's numbers comes as text.
    let value = value.as_f64().or_else(|| value.as_str()?.parse().ok())?;
    Some((name.as_str()?.to_owned(), value))
}

fn chart(bars: &[(String, f64)]) -> Table {
    let longest = bars.iter().map(|(_, value)| *value).fold(0.0, f64::max);
    let mut table = Table::bare(&[Side::Left, Side::Right, Side::Left]);
    for (name, value) in bars {
        table.row([
            name.clone().into(),
            grouped(&format!("{value:.0}")).into(),
            Cell::toned(bar(*value, longest), Tone::Good),
        ]);
    }
    table
}

/// A bar in eighths of a character; nothing for what is not positive.
fn bar(value: f64, longest: f64) -> String {
    const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    let eighths = if longest > 0.0 { (value / longest * WIDEST * 8.0).clamp(0.0, WIDEST * 8.0).round() } else { 0.0 };
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to the width of a line")]
    let eighths = eighths as usize;
    "█".repeat(eighths / 8) + EIGHTHS[eighths % 8]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_is_as_long_as_its_share() {
        assert_eq!(bar(10.0, 10.0), "█".repeat(36));
        assert_eq!(bar(5.0, 10.0), "█".repeat(18));
        assert_eq!((bar(0.0, 10.0), bar(-3.0, 10.0), bar(0.0, 0.0)), (String::new(), String::new(), String::new()));
        assert_eq!(bar(10.0 / 288.0, 10.0), "▏");
    }
}
