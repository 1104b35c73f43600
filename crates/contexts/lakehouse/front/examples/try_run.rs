//! scratch
use std::{path::Path, sync::Arc};
#[global_allocator]
static A: mimalloc::MiMalloc = mimalloc::MiMalloc;
#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut args = std::env::args().skip(1);
    let dir = args.next().unwrap();
    let dir = Path::new(&dir);
    if !dir.join("grayghost.toml").exists() { lakehouse::init_project(dir, "retail")?; }
    let house = lakehouse::Lakehouse::open(dir, Arc::new(kernel::SystemClock))?;
    let files = args.map(Into::into).collect::<Vec<_>>();
    let t = std::time::Instant::now();
    let r = house.run(lakehouse::RunRequest { files, ..Default::default() }, Arc::new(move |e| if std::env::var("V").is_ok() { eprintln!("{:?} {e:?}", t.elapsed()) }), kernel::Cancel::default()).await?;
    for a in &r.assets { println!("{:32} {:?} in {} out {} total {} rej {} dup {} {}ms checks {:?} {:?}", a.asset, a.state, a.rows_in, a.rows_written, a.rows_total, a.rejected, a.duplicates, a.duration_ms, a.checks, a.fault); }
    println!("{:?} {:?} {}ms", r.reconciliations, r.state, r.duration_ms);
    for c in r.checks.iter().filter(|c| !c.success) { println!("FAILED {c:?}"); }
    Ok(())
}
