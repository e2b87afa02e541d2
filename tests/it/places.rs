//! Places on the disk: who may read what is written, what happens where something cannot be written, what is
//! left by a killed run, and a folder that somebody deleted.

use std::fs;
use std::path::{Path, PathBuf};

use crate::support::{Icb, code, complained, copy_of_demo, files, quarterday, said, text};

const SHEET: &str =
    "Practice code,Date raised,Severity,Status,Reference\nX90100,01/07/2026,Serious,Open,Q-1\n";
/// A row that is set aside: its date is none.
const FAULTY: &str = "Practice code,Date raised,Severity,Status,Reference\nX90100,soon,Serious,Open,Q-1\n";

/// What the operator was told.
fn told(icb: &Icb) -> String {
    let folder = icb.data().join("operator");
    let mails = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let mails = mails.filter(|path| path.extension().is_some_and(|ending| ending == "eml"));
    mails.map(|path| fs::read_to_string(path).unwrap().replace("=\r\n", "").replace("=3D", "=")).collect()
}

/// A run that does all of its work although something cannot be written, and says so.
fn goes_on(icb: &Icb, as_of: &str, what: &str) {
    let output = icb.run("quarterly", as_of, &[]);
    let complaint = complained(&output);
    assert_eq!(code(&output), 0, "{what}: {complaint}");
    assert!(complaint.contains("cannot be written") && complaint.contains(what), "{what}: {complaint}");
    assert!(
        said(&output).contains("7 sent now") || said(&output).contains("7 sent before"),
        "{}",
        said(&output)
    );
    let told = told(icb);
    assert!(told.contains("did its work, but could not write") && told.contains(what), "{what}: {told}");
}

#[test]
fn a_place_that_cannot_be_written_holds_nothing_back() {
    let day = "2026-07-14";
    for (what, in_the_way) in [
        ("new.csv.receipt.txt", "inbox/concerns-quality/new.csv.receipt.txt/x"),
        ("new.csv.receipt.html", "inbox/concerns-quality/new.csv.receipt.html/x"),
        ("events.jsonl", "runs/quarterly-2026-07-14/events.jsonl/x"),
        ("result.json", "runs/quarterly-2026-07-14/result.json/x"),
        ("manifest.json", "runs/quarterly-2026-07-14/manifest.json/x"),
        ("levels.csv", "runs/quarterly-2026-07-14/levels.csv/x"),
        ("R0001.pdf", "runs/quarterly-2026-07-14/receipts"),
        ("quarterly-2026-07-14", "runs"),
        ("quarterly-2026-07-14", "packs"),
    ] {
        let icb = Icb::with_register();
        icb.drop_bytes("concerns-quality", "new.csv", SHEET);
        let place = icb.data().join(in_the_way);
        fs::create_dir_all(place.parent().unwrap()).unwrap();
        fs::write(&place, "in the way").unwrap();
        goes_on(&icb, day, what);

        // Once the place is free it is written, and the trouble is over.
        let way = if in_the_way.ends_with("/x") { place.parent().unwrap().to_owned() } else { place };
        if way.is_dir() {
            fs::remove_dir_all(&way).unwrap()
        } else {
            fs::remove_file(&way).unwrap()
        }
        let output = icb.run("quarterly", day, &[]);
        assert_eq!(code(&output), 0, "{what}: {}", complained(&output));
        assert!(!complained(&output).contains("cannot be written"), "{what}: {}", complained(&output));
        assert!(told(&icb).contains("1 trouble is over"), "{what}");
        if way.starts_with(icb.data().join("inbox")) {
            assert!(way.is_file(), "{what}: it lies there now");
        }
    }
}

#[test]
fn intake_alone_goes_on_too() {
    let icb = Icb::with_register();
    icb.drop_bytes("concerns-quality", "new.csv", SHEET);
    fs::create_dir_all(icb.data().join("inbox/concerns-quality/new.csv.receipt.txt")).unwrap();
    let output = icb.take_in("2026-07-14");
    assert_eq!(code(&output), 0, "{}", complained(&output));
    let complaint = complained(&output);
    assert!(
        complaint.contains("inbox/concerns-quality/new.csv.receipt.txt cannot be written"),
        "{complaint}"
    );
    assert!(icb.data().join("inbox/concerns-quality/new.csv.receipt.html").is_file(), "the others lie there");
}

#[test]
fn a_page_that_cannot_be_written_and_an_operator_who_cannot_be_told_end_no_run() {
    let icb = Icb::with_register();
    for name in ["status.html", "operator"] {
        let way = icb.data().join(name);
        let folder = name == "status.html";
        fs::create_dir_all(icb.data()).unwrap();
        if folder { fs::create_dir_all(way.join("x")).unwrap() } else { fs::write(&way, "x").unwrap() }
    }
    // Nothing is wrong, so the operator need not be told.
    let output = icb.run("quarterly", "2026-07-14", &[]);
    assert_eq!(code(&output), 0, "{}", complained(&output));
    assert!(complained(&output).contains("status.html cannot be written"), "{}", complained(&output));
    assert!(said(&output).contains("6 sent now"), "{}", said(&output));
}

#[test]
#[cfg(unix)]
fn a_checked_copy_that_could_not_be_replaced_is_replaced_by_the_next_run() {
    let icb = Icb::with_register();
    icb.drop_bytes("concerns-quality", "new.csv", FAULTY);
    assert_eq!(code(&icb.take_in("2026-07-14")), 0);
    let copy = icb.data().join("inbox/concerns-quality/new.csv.checked.xlsx");
    let first = fs::read(&copy).unwrap();
    // A folder in its place stands for a copy that is open elsewhere.
    icb.drop_bytes("concerns-quality", "new.csv", FAULTY.replace("soon", "later"));
    let kept = copy.with_file_name("kept");
    fs::rename(&copy, &kept).unwrap();
    fs::create_dir_all(copy.join("x")).unwrap();
    let output = icb.take_in("2026-07-15");
    assert_eq!(code(&output), 0, "{}", complained(&output));
    assert!(
        complained(&output).contains("new.csv.checked.xlsx cannot be written"),
        "{}",
        complained(&output)
    );
    fs::remove_dir_all(&copy).unwrap();
    fs::rename(&kept, &copy).unwrap();
    let output = icb.take_in("2026-07-15");
    assert!(!complained(&output).contains("cannot be written"), "{}", complained(&output));
    assert!(!complained(&output).contains("worked in since"), "{}", complained(&output));
    assert_ne!(fs::read(&copy).unwrap(), first);
}

/// Every file and folder below one with the nine bits of its mode.
#[cfg(unix)]
fn modes(dir: &Path) -> Vec<(PathBuf, bool, u32)> {
    use std::os::unix::fs::PermissionsExt;
    let mut out = Vec::new();
    for entry in fs::read_dir(dir).unwrap().flatten() {
        let meta = entry.metadata().unwrap();
        out.push((entry.path(), meta.is_dir(), meta.permissions().mode() & 0o777));
        if meta.is_dir() {
            out.extend(modes(&entry.path()));
        }
    }
    out
}

/// The program under a umask.
#[cfg(unix)]
fn under(umask: &str, args: &[&str]) -> std::process::Output {
    let program = assert_cmd::cargo::cargo_bin("quarterday");
    let mut command = std::process::Command::new("sh");
    command.arg("-c").arg(format!("umask {umask}; exec \"$0\" \"$@\"")).arg(program).args(args);
    command.env_remove("QUARTERDAY_PIPELINE").env_remove("QUARTERDAY_DATA").output().unwrap()
}

#[test]
#[cfg(unix)]
fn who_may_read_follows_a_umask_that_shuts_others_out_and_is_nobody_else_under_any_other() {
    use std::os::unix::fs::PermissionsExt;
    for (umask, file, folder) in
        [("000", 0o600, 0o700), ("022", 0o600, 0o700), ("027", 0o640, 0o750), ("077", 0o600, 0o700)]
    {
        let icb = Icb::with_register();
        let (pipeline, data) = (icb.pipeline(""), icb.data());
        // The teams' own: what is laid there may be read by whoever may look into the folder.
        let theirs = data.join("inbox/concerns-quality");
        icb.drop_bytes("concerns-quality", "new.csv", SHEET);
        fs::set_permissions(&theirs, fs::Permissions::from_mode(0o755)).unwrap();
        for own in ["", "inbox"] {
            fs::set_permissions(data.join(own), fs::Permissions::from_mode(0o755)).unwrap();
        }
        let args = ["--pipeline", text(&pipeline), "--data", text(&data)];
        let run = [["run", "quarterly", "--as-of", "2026-07-14"], args].concat();
        let output = under(umask, &run);
        assert_eq!(code(&output), 0, "{}", complained(&output));
        let copy = icb.data().with_file_name("copy");
        assert_eq!(code(&under(umask, &["backup", "--data", text(&data), "--to", text(&copy)])), 0);
        let inbox = data.join("inbox");
        let mut seen = 0;
        for (path, is_folder, mode) in modes(&data).into_iter().filter(|(path, ..)| !path.starts_with(&inbox))
        {
            let wanted = if is_folder { folder } else { file };
            assert_eq!(mode, wanted, "umask {umask}: {} has {mode:o}", path.display());
            seen += 1;
        }
        for (path, is_folder, mode) in modes(&copy) {
            let wanted = if is_folder { folder } else { file };
            assert_eq!(mode, wanted, "umask {umask}: {} has {mode:o}", path.display());
        }
        let names = ["ledger.sqlite", "status.html", ".lock", "store", "packs", "outbox", "runs"];
        assert!(names.iter().all(|name| data.join(name).exists()) && seen > 60, "{seen}");
        let receipt = fs::metadata(theirs.join("new.csv.receipt.txt")).unwrap().permissions().mode() & 0o777;
        // The system takes off what a umask of 077 or 027 takes from everybody.
        let readable = match umask {
            "077" => 0o600,
            "027" => 0o640,
            "022" | "000" => 0o644,
            _ => unreachable!(),
        };
        assert_eq!(receipt, readable, "umask {umask}: {receipt:o}");
    }
}

#[test]
#[cfg(all(unix, debug_assertions))]
fn what_a_killed_run_left_half_written_goes_with_the_next() {
    use std::process::Command;
    let program = assert_cmd::cargo::cargo_bin("quarterday");
    let icb = Icb::with_register();
    let (pipeline, data) = (icb.pipeline(""), icb.data());
    icb.drop_bytes("concerns-quality", "new.csv", SHEET);
    let parts = |data: &Path| {
        let all =
            files(data).into_keys().map(|path| path.file_name().unwrap().to_string_lossy().into_owned());
        all.filter(|name| name.starts_with(".quarterday-") || name.starts_with(".tmp")).collect::<Vec<_>>()
    };
    let mut left = 0;
    for point in (1..120).step_by(7) {
        let status = Command::new(&program)
            .args(["run", "quarterly", "--as-of", "2026-07-14", "--pipeline"])
            .arg(&pipeline)
            .arg("--data")
            .arg(&data)
            .env("QUARTERDAY_KILL_AT", point.to_string())
            .output()
            .unwrap()
            .status;
        left += parts(&data).len();
        if status.code().is_some() {
            break;
        }
    }
    assert!(left > 0, "a kill between making and naming a file leaves it behind");
    fs::write(data.join("packs/.tmpAb3Xy9"), "of an older version").unwrap();
    assert_eq!(code(&icb.run("quarterly", "2026-07-14", &[])), 0);
    assert_eq!(parts(&data), [] as [String; 0]);
}

#[test]
fn a_deleted_run_folder_is_written_again_from_the_store() {
    let dir = copy_of_demo();
    let pipeline = dir.path().join("pipeline");
    let runs = dir.path().join("runs");
    let packs: Vec<PathBuf> = fs::read_dir(&runs).unwrap().flatten().map(|entry| entry.path()).collect();
    let last =
        packs.iter().filter(|path| path.to_string_lossy().contains("quarterly-")).max().unwrap().clone();
    let before = fs::read(last.join("result.json")).unwrap();
    fs::remove_dir_all(&last).unwrap();
    let run = [
        "run",
        "nightly",
        "--pipeline",
        text(&pipeline),
        "--data",
        text(dir.path()),
        "--as-of",
        "2026-12-01",
    ];
    let output = quarterday(&run);
    assert!(matches!(code(&output), 0 | 4), "{}", complained(&output));
    let name = last.file_name().unwrap().to_string_lossy().into_owned();
    let complaint = complained(&output);
    assert!(complaint.contains(&format!("the folder of {name} was gone")), "{complaint}");
    assert!(complaint.contains("`quarterday run quarterly --as-of 2026-10-"), "{complaint}");
    assert_eq!(fs::read(last.join("result.json")).unwrap(), before);
    assert!(last.join("manifest.json").is_file());
    assert!(!complained(&quarterday(&run)).contains("was gone"), "once");
}
