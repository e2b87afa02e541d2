//! A framework of one's own: from `quarterday new` to a paper, and every recipe of the guide.

use std::fs;
use std::path::{Path, PathBuf};

use crate::support::{code, complained, in_folder, quarterday_as_given, repository, said, text};

/// What follows the program's name in each line of a text that is a command. Where the program was built it is
/// started by cargo.
fn commands(told: &str) -> Vec<Vec<String>> {
    let lines = told.lines().filter_map(|line| line.strip_prefix("  "));
    let after = |line: &str| {
        line.split_once(" -- ").or_else(|| line.split_once(' ')).map(|(_, rest)| rest.to_owned())
    };
    let words = |line: String| line.split_whitespace().map(str::to_owned).collect();
    lines
        .filter(|line| line.contains(" --data ") || line.contains(" --pipeline "))
        .filter_map(after)
        .map(words)
        .collect()
}

fn run(args: &[String]) -> String {
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let output = quarterday_as_given(&args);
    assert_eq!(code(&output), 0, "{args:?}\n{}\n{}", said(&output), complained(&output));
    said(&output)
}

fn pdfs(folder: &Path) -> Vec<PathBuf> {
    let mut out = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        match entry.path() {
            path if path.is_dir() => out.extend(pdfs(&path)),
            path if path.extension().is_some_and(|ending| ending == "pdf") => out.push(path),
            _ => {}
        }
    }
    out
}

#[test]
fn a_new_folder_passes_its_check_and_the_commands_that_it_prints_make_a_paper() {
    let dir = tempfile::tempdir().expect("a folder");
    let board = dir.path().join("board");
    let told = run(&["new".into(), text(&board).into()]);
    let printed = commands(&told);
    assert_eq!(printed.len(), 3, "{told}");
    let answers: Vec<String> = printed.iter().map(|args| run(args)).collect();
    assert!(answers[0].contains("0 errors, 0 warnings"), "{}", answers[0]);
    let made = pdfs(&board.join("data/packs"));
    assert_eq!(made.len(), 1, "{made:?}");
    let level = |code: &str| {
        let line = answers[2].lines().find(|line| line.contains(code));
        line.unwrap_or_else(|| panic!("no {code} in\n{}", answers[2])).to_owned()
    };
    assert!(level("X90001").contains("serious-concern"), "{}", level("X90001"));
    assert!(level("X90002").contains("several-concerns"), "{}", level("X90002"));
    assert!(level("X90003").contains("routine"), "{}", level("X90003"));
    assert!(!answers[2].contains("X90007"), "a walk-in centre is no practice");

    let again = quarterday_as_given(&["new", text(&board)]);
    assert_eq!(code(&again), 1);
    assert!(complained(&again).contains("is not empty"), "{}", complained(&again));
}

/// A block of the guide: what stands behind its fence, and its lines.
struct Fenced {
    word: String,
    file: Option<String>,
    body: String,
}

fn fenced(page: &str) -> Vec<Fenced> {
    let mut out: Vec<Fenced> = Vec::new();
    let mut inside = false;
    for line in page.lines() {
        match (line.strip_prefix("```"), inside) {
            (Some(info), false) => {
                let what = info.split_once(' ').map_or(info, |(_, what)| what);
                let (word, file) =
                    what.split_once('=').map_or((what, None), |(word, file)| (word, Some(file)));
                let file = file.map(str::to_owned);
                out.push(Fenced { word: word.to_owned(), file, body: String::new() });
                inside = true;
            }
            (Some(_), true) => inside = false,
            (None, true) => out.last_mut().expect("a block").body += &format!("{line}\n"),
            (None, false) => {}
        }
    }
    out
}

/// The words of a command, with those in quotes kept together.
fn words(command: &str) -> Vec<String> {
    let parts = command.split('"').enumerate();
    parts
        .flat_map(|(place, part)| match place % 2 {
            0 => part.split_whitespace().map(str::to_owned).collect(),
            _ => vec![part.to_owned()],
        })
        .collect()
}

fn one_blank(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Does the commands of a block in a folder; each line below a command must be told, in order.
fn console(block: &Fenced, folder: &Path) {
    let (mut told, mut command) = (String::new(), "");
    for line in block.body.lines() {
        if let Some(typed) = line.strip_prefix("$ ") {
            let output = in_folder(folder, &words(typed)[1..]);
            told = one_blank(&format!("{}\n{}", said(&output), complained(&output)));
            command = typed;
            assert_eq!(code(&output), 0, "{command}\n{told}");
            continue;
        }
        let Some(at) = told.find(&one_blank(line)) else { panic!("{command}: no {line:?} in\n{told}") };
        told = told[at..].to_owned();
    }
}

#[test]
fn every_command_and_edit_of_the_guide_does_what_the_guide_says() {
    let page = fs::read_to_string(repository().join("docs/guide.md")).expect("the guide");
    let blocks = fenced(&page);
    let recipes = page.lines().filter(|line| line.starts_with("### ")).count();
    assert!(recipes >= 10 && blocks.len() > 2 * recipes, "{recipes} recipes, {} blocks", blocks.len());
    let dir = tempfile::tempdir().expect("a folder");
    let mut found: Option<(PathBuf, String)> = None;
    for block in &blocks {
        let file = block.file.as_ref().map(|file| dir.path().join(file));
        match (block.word.as_str(), file) {
            ("console", _) => console(block, dir.path()),
            ("find", Some(file)) => found = Some((file, block.body.trim_end().to_owned())),
            ("replace", _) => {
                let (file, before) = found.take().expect("something to find stands before");
                let text = fs::read_to_string(&file).expect("readable");
                assert!(text.contains(&before), "{} has no {before:?}", file.display());
                fs::write(file, text.replacen(&before, block.body.trim_end(), 1)).expect("written");
            }
            ("new", Some(file)) => {
                assert!(!file.exists(), "{} is there already", file.display());
                fs::create_dir_all(file.parent().expect("a folder")).expect("a folder");
                fs::write(file, &block.body).expect("written");
            }
            ("add", Some(file)) => {
                let text = fs::read_to_string(&file).expect("readable");
                fs::write(file, format!("{text}\n{}", block.body)).expect("written");
            }
            (other, _) => panic!("nobody knows a block `{other}`"),
        }
    }
    assert!(found.is_none(), "something is found and not replaced");
}
