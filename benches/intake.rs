//! Reading 100,000 rows by 20 columns of xlsx and of csv: through this program's reading (in a process of
//! its own, as a run does it), and by python-calamine with pandas, and openpyxl, where Python has them.
//!
//! `cargo bench --bench intake` prints seconds on the clock and ratios, all measured in the same run.
#![allow(clippy::disallowed_methods, clippy::print_stdout)]
#![allow(clippy::disallowed_macros)] // a benchmark prints what it measured
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::io::Write as _;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use quarterday::intake::read::Reader;
use quarterday::pipeline::Limits;
use rust_xlsxwriter::{Format, Workbook};

const ROWS: u32 = 100_000;
const COLUMNS: u16 = 20;
const TRIES: usize = 3;

fn main() {
    let dir = tempfile::tempdir().expect("a folder");
    let (xlsx, csv) = (dir.path().join("rows.xlsx"), dir.path().join("rows.csv"));
    write_xlsx(&xlsx);
    write_csv(&csv);
    let profile = if cfg!(debug_assertions) { "dev profile" } else { "release profile" };
    println!("{ROWS} rows by {COLUMNS} columns, best of {TRIES}, {profile}");
    for (name, path) in [("xlsx", &xlsx), ("csv", &csv)] {
        let bytes = std::fs::read(path).expect("readable");
        println!("{name}: {:.1} MB", bytes.len() as f64 / 1e6);
        let apart = Reader::apart(Limits::default(), env!("CARGO_BIN_EXE_quarterday"));
        let here = Reader::here(Limits::default());
        let ours = best(|| read(&apart, &bytes, name));
        let inside = best(|| read(&here, &bytes, name));
        println!("  quarterday, in a process of its own   {ours:7.2} s");
        println!("  quarterday, in this process           {inside:7.2} s  ({:.2} of it)", inside / ours);
        for (title, script) in rivals(name) {
            match python(script, path) {
                Some(seconds) => {
                    println!("  {title:<36}  {seconds:7.2} s  ({:.2} times ours)", seconds / ours)
                }
                None => println!("  {title:<36}  not there"),
            }
        }
    }
    let small = b"PK\x03\x04 nothing";
    let apart = Reader::apart(Limits::default(), env!("CARGO_BIN_EXE_quarterday"));
    let start = best(|| {
        let _ = apart.book(small, "a.xlsx").expect("the program starts");
    });
    println!("starting the process that reads: {:.1} ms", start * 1e3);
}

fn read(reader: &Reader, bytes: &[u8], name: &str) {
    let book = reader.book(bytes, &format!("rows.{name}")).expect("the program starts").expect("readable");
    assert_eq!(book.sheets[0].rows.len(), ROWS as usize + 1);
}

fn best(mut work: impl FnMut()) -> f64 {
    let tries = (0..TRIES).map(|_| {
        let begun = Instant::now();
        work();
        begun.elapsed().as_secs_f64()
    });
    tries.fold(f64::INFINITY, f64::min)
}

/// The peers: each reads the file given as the first argument and prints the seconds it took, without the
/// start of Python and of its modules.
fn rivals(name: &str) -> Vec<(&'static str, &'static str)> {
    let timed = [
        (
            "xlsx",
            "python-calamine and pandas",
            "import pandas as p, python_calamine\nwork = lambda f: p.read_excel(f, engine='calamine')",
        ),
        (
            "xlsx",
            "openpyxl (read-only)",
            "import openpyxl\nwork = lambda f: sum(1 for _ in openpyxl.load_workbook(f, read_only=True).active.iter_rows(values_only=True))",
        ),
        ("csv", "pandas (its C reader)", "import pandas as p\nwork = lambda f: p.read_csv(f, dtype=str)"),
        ("csv", "Python's csv module", "import csv\nwork = lambda f: sum(1 for _ in csv.reader(open(f)))"),
    ];
    timed.into_iter().filter(|(kind, ..)| *kind == name).map(|(_, title, script)| (title, script)).collect()
}

fn python(script: &str, path: &Path) -> Option<f64> {
    let script = format!(
        "import sys, time\n{script}\nbest = 9e9\nfor _ in range({TRIES}):\n    t = time.perf_counter(); work(sys.argv[1]); best = min(best, time.perf_counter() - t)\nprint(best)"
    );
    let output = Command::new("python3").arg("-c").arg(script).arg(path).output().ok()?;
    String::from_utf8_lossy(&output.stdout).trim().parse().ok()
}

fn write_xlsx(path: &Path) {
    let mut book = Workbook::new();
    let date = Format::new().set_num_format("dd/mm/yyyy");
    let page = book.add_worksheet();
    for column in 0..COLUMNS {
        page.write_string(0, column, format!("Column {column}")).expect("written");
    }
    for row in 1..=ROWS {
        for column in 0..COLUMNS {
            let number = f64::from(row) + f64::from(column) / 8.0;
            match column % 4 {
                0 => page.write_string(row, column, format!("text {} of {column}", row % 5000)),
                1 => page.write_number(row, column, number),
                2 => page.write_number_with_format(row, column, 45_000.0 + f64::from(row % 1000), &date),
                _ => page.write_number(row, column, f64::from(row)),
            }
            .expect("written");
        }
    }
    book.save(path).expect("written");
}

fn write_csv(path: &Path) {
    let mut out = std::io::BufWriter::new(std::fs::File::create(path).expect("a file"));
    let header: Vec<String> = (0..COLUMNS).map(|column| format!("Column {column}")).collect();
    writeln!(out, "{}", header.join(",")).expect("written");
    for row in 1..=ROWS {
        let cells: Vec<String> = (0..COLUMNS)
            .map(|column| match column % 4 {
                0 => format!("text {} of {column}", row % 5000),
                1 => format!("{:.3}", f64::from(row) + f64::from(column) / 8.0),
                2 => format!("{:02}/{:02}/2026", row % 28 + 1, row % 12 + 1),
                _ => row.to_string(),
            })
            .collect();
        writeln!(out, "{}", cells.join(",")).expect("written");
    }
}
