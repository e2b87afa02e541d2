//! A data folder of one's own, and the program run in it.

pub mod attack;
pub mod office;
pub mod paper;
pub mod sheets;
pub mod smtp;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::sync::OnceLock;

use assert_cmd::Command;
use tempfile::TempDir;

/// The repository.
pub fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The program with arguments; standard error goes to a pipe, so no bar is drawn. A date may be later than today
/// by the clock of the machine, whatever that says: the stories have days of their own.
pub fn quarterday(args: &[&str]) -> Output {
    let mut args = args.to_vec();
    if args.contains(&"--as-of") && !args.contains(&"--future") {
        args.push("--future");
    }
    quarterday_as_given(&args)
}

/// The program with these arguments and no others.
pub fn quarterday_as_given(args: &[&str]) -> Output {
    in_folder(Path::new("."), args)
}

/// The same, started in a folder.
pub fn in_folder<A: AsRef<std::ffi::OsStr>>(folder: &Path, args: &[A]) -> Output {
    let mut command = Command::cargo_bin("quarterday").expect("the program is built with the tests");
    command.current_dir(folder).args(args).env_remove("QUARTERDAY_PIPELINE").env_remove("QUARTERDAY_DATA");
    // The fixtures are of that autumn.
    command.env("QUARTERDAY_TODAY", "2026-11-30");
    command.output().expect("the program runs")
}

/// Standard output as text.
pub fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Standard error as text.
pub fn complained(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// The exit code.
pub fn code(output: &Output) -> i32 {
    output.status.code().unwrap_or(-1)
}

/// The demo, played once for all tests that only look.
pub fn demo() -> &'static Path {
    static DEMO: OnceLock<TempDir> = OnceLock::new();
    let dir = DEMO.get_or_init(|| {
        let dir = tempfile::tempdir().expect("a folder");
        let output = quarterday(&["demo", "--data", text(dir.path())]);
        assert_eq!(code(&output), 0, "{}", complained(&output));
        dir
    });
    dir.path()
}

/// A copy of the demo for a test that changes it.
pub fn copy_of_demo() -> TempDir {
    let dir = tempfile::tempdir().expect("a folder");
    copy(demo(), dir.path());
    dir
}

/// A PDF to be read. A stream may be written in hexadecimal digits, which the reader does not know.
pub fn pdf(bytes: &[u8]) -> lopdf::Document {
    let mut document = lopdf::Document::load_mem(bytes).expect("a PDF");
    for object in document.objects.values_mut() {
        let lopdf::Object::Stream(stream) = object else { continue };
        let hex = lopdf::Object::Name(b"ASCIIHexDecode".to_vec());
        let filters =
            stream.dict.get(b"Filter").and_then(lopdf::Object::as_array).cloned().unwrap_or_default();
        if filters.first() != Some(&hex) {
            continue;
        }
        let digit = |byte: &u8| char::from(*byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        let digits: Vec<u8> = stream.content.iter().filter_map(digit).collect();
        stream.dict.set("Filter", filters[1].clone());
        stream.set_content(digits.chunks(2).map(|pair| pair[0] * 16 + pair[1]).collect());
    }
    document
}

/// A path as an argument.
pub fn text(path: &Path) -> &str {
    path.to_str().expect("a path in UTF-8")
}

/// Copies a folder with everything in it.
pub fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder").flatten() {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).expect("a copy");
        }
    }
}

/// The bytes of every file below a folder, by its path in it.
pub fn files(dir: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut out = BTreeMap::new();
    gather(dir, dir, &mut out);
    out
}

fn gather(root: &Path, dir: &Path, out: &mut BTreeMap<PathBuf, Vec<u8>>) {
    let Ok(listing) = fs::read_dir(dir) else { return };
    for entry in listing.flatten() {
        if entry.path().is_dir() {
            gather(root, &entry.path(), out);
        } else {
            let name = entry.path().strip_prefix(root).expect("inside").to_path_buf();
            // A link that leads nowhere has no bytes.
            let Ok(bytes) = fs::read(entry.path()) else { continue };
            out.insert(name, bytes);
        }
    }
}

/// A data folder with the invented ICB's pipeline and an empty inbox.
pub struct Icb {
    dir: TempDir,
}

impl Icb {
    /// A new folder.
    pub fn new() -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        copy(&repository().join("pipelines/lancashire-south-cumbria"), &dir.path().join("pipeline"));
        copy(&repository().join("fixtures/pipeline"), &dir.path().join("pipeline"));
        Self { dir }
    }

    /// A new folder with the register, successors and list sizes of the first quarter in the inbox.
    pub fn with_register() -> Self {
        let icb = Self::new();
        for feed in ["ods-register", "ods-successors", "patients-registered"] {
            icb.drop_step(1, feed);
        }
        icb
    }

    /// Where the data lie.
    pub fn data(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    /// A file of the pipeline.
    pub fn pipeline(&self, file: &str) -> PathBuf {
        self.dir.path().join("pipeline").join(file)
    }

    /// Drops the files of a feed from a step of the fixtures.
    pub fn drop_step(&self, step: u8, feed: &str) {
        let steps = repository().join("fixtures/steps");
        let folder = fs::read_dir(steps)
            .expect("steps")
            .flatten()
            .find(|e| e.file_name().to_string_lossy().starts_with(&format!("{step}-")))
            .expect("the step");
        let from = folder.path().join("inbox").join(feed);
        copy(&from, &self.data().join("inbox").join(feed));
    }

    /// Drops a file with these bytes.
    pub fn drop_bytes(&self, feed: &str, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let folder = self.data().join("inbox").join(feed);
        fs::create_dir_all(&folder).expect("a folder");
        fs::write(folder.join(name), bytes).expect("written");
        folder.join(name)
    }

    /// Replaces a text in a file of the pipeline; it must be there.
    pub fn edit(&self, file: &str, from: &str, to: &str) {
        let path = self.pipeline(file);
        let text = fs::read_to_string(&path).expect("readable");
        assert!(text.contains(from), "{file} has no {from:?}");
        fs::write(path, text.replacen(from, to, 1)).expect("written");
    }

    /// Runs a job; gives the output.
    pub fn run(&self, job: &str, as_of: &str, more: &[&str]) -> Output {
        let (pipeline, data) = (self.pipeline(""), self.data());
        let mut args =
            vec!["run", job, "--pipeline", text(&pipeline), "--data", text(&data), "--as-of", as_of];
        args.extend(more);
        quarterday(&args)
    }

    /// Takes in what lies in the inbox and answers it, without a job; gives the output.
    pub fn take_in(&self, as_of: &str) -> Output {
        let (pipeline, data) = (self.pipeline(""), self.data());
        quarterday(&["intake", "--pipeline", text(&pipeline), "--data", text(&data), "--as-of", as_of])
    }

    /// Runs a job that must succeed; gives its report as JSON.
    pub fn report(&self, job: &str, as_of: &str) -> serde_json::Value {
        let output = self.run(job, as_of, &["--json"]);
        assert!(matches!(code(&output), 0 | 4), "{}", complained(&output));
        serde_json::from_slice(&output.stdout).expect("JSON")
    }

    /// The levels of the last run by practice, each row by column.
    pub fn levels(&self) -> BTreeMap<String, BTreeMap<String, String>> {
        levels(&self.data())
    }
}

/// The levels of the last run in a data folder.
pub fn levels(data: &Path) -> BTreeMap<String, BTreeMap<String, String>> {
    levels_of(data, &[])
}

/// The levels of a run in a data folder.
pub fn levels_of(data: &Path, more: &[&str]) -> BTreeMap<String, BTreeMap<String, String>> {
    let mut args = vec!["levels", "--data", text(data), "--format", "csv"];
    args.extend(more);
    let output = quarterday(&args);
    assert_eq!(code(&output), 0, "{}", complained(&output));
    let mut reader = csv::Reader::from_reader(output.stdout.as_slice());
    let header: Vec<String> = reader.headers().expect("a header").iter().map(str::to_owned).collect();
    let rows = reader.records().map(|row| {
        let row = row.expect("a row");
        let cells: BTreeMap<String, String> =
            header.iter().cloned().zip(row.iter().map(str::to_owned)).collect();
        (cells["practice_code"].clone(), cells)
    });
    rows.collect()
}
