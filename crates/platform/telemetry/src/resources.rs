//! What this process has used so far, where the system tells it.

use std::fs;

/// Ticks a second in `/proc/self/stat`: 100 on every Linux that Rust runs on (`USER_HZ`).
const TICKS: f64 = 100.0;
/// Places of user and system time behind the name of the program in `/proc/self/stat` (proc(5): fields 14 and 15, the name
/// being field 2).
const TIMES: std::ops::Range<usize> = 11..13;

/// Time and memory.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Used {
    /// User and system time of all threads.
    pub cpu_seconds: f64,
    /// Resident memory at most.
    pub peak_memory_mb: f64,
    /// Resident memory now.
    pub memory_bytes: f64,
}

/// `None` where there is no `/proc`.
#[must_use]
pub fn used() -> Option<Used> {
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    // The name may hold anything but ends at the last bracket.
    let fields: Vec<&str> = stat.rsplit_once(") ")?.1.split(' ').collect();
    let ticks: f64 = fields.get(TIMES)?.iter().filter_map(|field| field.parse::<f64>().ok()).sum();
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let kb = |name: &str| -> Option<f64> {
        let value = status.lines().find_map(|line| line.strip_prefix(name))?;
        value.trim().trim_end_matches(" kB").parse().ok()
    };
    let (peak_kb, resident_kb) = (kb("VmHWM:")?, kb("VmRSS:")?);
    Some(Used { cpu_seconds: ticks / TICKS, peak_memory_mb: peak_kb / 1024.0, memory_bytes: resident_kb * 1024.0 })
}
