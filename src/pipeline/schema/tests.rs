use std::collections::BTreeSet;
use std::path::Path;

use super::super::load::all_asked;
use super::super::reader::REQUIRED;
use super::super::source::Folder;
use super::*;

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn pipelines() -> Vec<Folder> {
    let mut found: Vec<Folder> =
        ["pipelines/lancashire-south-cumbria", "pipelines/starter/pipeline", "fixtures/pipeline"]
            .map(|dir| Folder::read(&repository().join(dir)).unwrap())
            .into();
    for entry in repository().join("fixtures").read_dir().unwrap().flatten() {
        let inside = entry.path().join("pipeline");
        if inside.is_dir() {
            found.push(Folder::read(&inside).unwrap());
        }
    }
    found
}

/// A folder in which every table stands once, so that the reader asks for every key.
fn everything() -> Folder {
    let mut folder = Folder::read(&repository().join("pipelines/lancashire-south-cumbria")).unwrap();
    let add = |folder: &mut Folder, file: &str, more: &str| {
        let text = folder.get(file).unwrap_or_default().to_owned();
        folder.insert(file, format!("{text}\n{more}"));
    };
    let server = "host = \"relay.icb.example\"\nauth = \"login\"\nuser_env = \"A\"\nsecret_env = \"B\"\n";
    let more = format!(
        "[mail.smtp]\n{server}[mail.retry]\ntries = 3\n[operator.smtp]\n{server}\
         [[job]]\nname = \"other\"\ncron = \"0 30 6 * * Mon\"\ndocuments = [\"sbar\"]\n"
    );
    add(&mut folder, "pipeline.toml", &more);
    let least: String = ["layouts", "facts", "documents"].map(|dir| format!("{dir} = 1\n")).concat();
    let text = folder.get("pipeline.toml").unwrap().replace("[at_least]\n", &format!("[at_least]\n{least}"));
    folder.insert("pipeline.toml", text);
    let columns: String = [
        ("a", "type = \"text\"\nmin_length = 1"),
        ("b", "type = \"number\""),
        ("c", "type = \"date\""),
        ("d", "type = \"choices\"\nvalues = [\"x\"]"),
        ("e", "type = \"text\"\nenum = [\"x\"]"),
        ("f", "type = \"number\"\nratio = [\"b\", \"b\"]"),
        ("g", "type = \"code\""),
    ]
    .map(|(name, more)| format!("[[layout.column]]\nname = \"{name}\"\ntitle = \"{name}\"\n{more}\n"))
    .concat();
    folder.insert(
        "feeds/everything.toml",
        format!(
            "title = \"Everything\"\nowner = \"A\"\ncadence = \"monthly\"\ncounts = \"newest\"\n\
             [download]\nurl = \"https://icb.example/a.csv\"\n[[layout]]\ntable = \"everything\"\n\
             [layout.agree]\ncolumn = \"a\"\n[layout.urgent]\nwhen = \"a = 'x'\"\nsays = \"a\"\nsince = \"c\"\n\
             [[layout.check]]\nthat = \"b > 0\"\ncolumn = \"b\"\nsay = \"x\"\n[[layout.expect]]\nthat = \"b > 0\"\n\
             say = \"x\"\n[layout.title]\ncolumn = \"c\"\npattern = '(.*)'\n[layout.file_name]\ncolumn = \"c\"\n\
             form = \"year\"\n[layout.sheet_name]\ncolumn = \"c\"\npattern = '(.*)'\n[layout.unpivot]\n\
             columns = 'x'\nname = \"e\"\nvalue = \"f\"\n[layout.loss]\nof = \"rows\"\n{columns}"
        ),
    );
    let committee = "[[committee]]\nname = \"Other\"\ndocuments = [\"sbar\"]\naudience = \"named\"\n\
                     release = \"approval\"\napprove_within = \"7 days\"\nremind_after = \"2 days\"\n";
    add(&mut folder, "committees.toml", committee);
    let part = "from = \"concerns\"\ndate = \"told\"\nwindow = \"6 months\"\nsentence = \"A\"\n";
    let mark = "title = \"A\"\nmark = \"criterion\"\n";
    folder.insert("rules/marked.toml", format!("{mark}{part}"));
    folder.insert("rules/marked-in-parts.toml", format!("{mark}[[part]]\n{part}"));
    let quota = "[[quota]]\nteam = \"A\"\nvisits_a_year = 1\n";
    add(&mut folder, "programme.toml", quota);
    folder.insert(
        "rules/unbroken.toml",
        "title = \"A\"\nclause = \"A\"\nlevel = 3\nfrom = \"score\"\ndate = \"extract_date\"\nsentence = \"A\"\n\
         [starts]\nin = \"scores\"\nwhile = \"score > 1\"\ndate = \"extract_date\"\n"
            .to_owned(),
    );
    folder
}

/// The declared key that an asked one is, by the path of its table; nothing where the names are the author's own.
fn declared_as<'d>(path: &str, key: &str) -> Result<Option<(String, &'d Key)>, String> {
    let fault = || format!("`{key}` of {path} is not declared in keys.toml");
    let all: &'static Declared = &DECLARED;
    // A kind of file is itself a path of two parts, or one.
    let kind =
        all.kinds.iter().find(|kind| path == kind.files || path.starts_with(&format!("{}/", kind.files)));
    let kind = kind.ok_or_else(fault)?;
    let mut table = kind.table.as_str();
    let rest = path[kind.files.len()..].split('/').filter(|part| !part.is_empty());
    for part in rest {
        let keys = all.tables.get(table).ok_or_else(fault)?;
        let found =
            keys.iter().find(|key| key.name == part).or_else(|| keys.iter().find(|key| key.name == "*"));
        let forms = &found.ok_or_else(fault)?.forms;
        let inner = forms.iter().find_map(|form| match form {
            Form::Table { name, .. } => Some(name.as_str()),
            _ => None,
        });
        match inner {
            Some(TEXTS) | None => return Ok(None),
            Some(name) => table = name,
        }
    }
    let keys = all.tables.get(table).ok_or_else(fault)?;
    let found = keys.iter().find(|declared| declared.name == key);
    let found = found.or_else(|| keys.iter().find(|declared| declared.name == "*"));
    found.map(|found| Some((table.to_owned(), found))).ok_or_else(fault)
}

/// What the reader says that it wants where a form is declared.
fn wanted(form: &Form) -> &'static str {
    match form {
        Form::Words { several: true, .. } => "texts in brackets",
        Form::Words { .. } => "a text in quotes",
        Form::Table { how: How::Several, .. } => "tables",
        Form::Table { .. } => "a table",
        Form::Plain(word) => match word.as_str() {
            "text" => "a text in quotes",
            "texts" => "texts in brackets",
            "count" => "a whole number",
            "counts" => "whole numbers in brackets",
            "number" => "a number",
            "flag" => "true or false",
            "date" => "a date such as 2026-04-01, without quotes",
            "dates" => "dates such as 2026-04-01, in brackets",
            "time" => "a time such as \"02:30\"",
            "digits" => "a number, all digits",
            "address" => "a mail address in quotes",
            "addresses" => "mail addresses in brackets",
            "pairs" => "a table of texts",
            "numbers" => "a table",
            other => panic!("there is no form `{other}`"),
        },
    }
}

#[test]
fn what_is_declared_is_what_the_reader_asks_for() {
    declared(KEYS).unwrap();
    let mut faults = BTreeSet::new();
    let mut met: BTreeSet<(String, String)> = BTreeSet::new();
    let mut asked: Asked = BTreeMap::new();
    for folder in pipelines().iter().chain([&everything()]) {
        for (at, wants) in all_asked(folder) {
            asked.entry(at).or_default().extend(wants);
        }
    }
    for ((path, key), wants) in &asked {
        let (table, declared) = match declared_as(path, key) {
            Ok(Some(found)) => found,
            Ok(None) => continue,
            Err(fault) => {
                faults.insert(format!("{fault}; the reader takes {wants:?}"));
                continue;
            }
        };
        met.insert((table.clone(), declared.name.clone()));
        let at = format!("`{key}` of [{table}]");
        if wants.contains(REQUIRED) && declared.need == Need::Never {
            faults.insert(format!("{at} must be there: write ! behind its form"));
        }
        let forms: BTreeSet<&str> = declared.forms.iter().map(wanted).collect();
        let words = declared.forms.iter().find_map(|form| match form {
            Form::Words { words, .. } => Some(format!("word: {}", words.join(" | "))),
            _ => None,
        });
        for want in wants.iter().filter(|want| !want.is_empty() && want.as_str() != REQUIRED) {
            // A time of day is written as a text.
            let time = declared.forms == [Form::Plain("time".to_owned())] && want == "a text in quotes";
            let right = time
                || if want.starts_with("word: ") {
                    words.as_ref() == Some(want)
                } else {
                    forms.contains(want.as_str())
                };
            if !right {
                faults.insert(format!("{at} is {:?}; the reader takes {want}", declared.forms));
            }
        }
    }
    for (table, keys) in &DECLARED.tables {
        for key in keys {
            if !met.contains(&(table.clone(), key.name.clone())) {
                faults.insert(format!("nothing asks for `{}` of [{table}]", key.name));
            }
            if key.about.is_empty() {
                faults.insert(format!("nothing is said of `{}` of [{table}]", key.name));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.into_iter().collect::<Vec<_>>().join("\n"));
}

/// What of a value does not fit a schema.
fn faults(value: &Value, schema: &Value, root: &Value, at: &str) -> Vec<String> {
    if let Some(to) = schema["$ref"].as_str() {
        return faults(value, root.pointer(to.trim_start_matches('#')).unwrap(), root, at);
    }
    if let Some(all) = schema["allOf"].as_array() {
        return all.iter().flat_map(|inner| faults(value, inner, root, at)).collect();
    }
    if let Some(any) = schema["anyOf"].as_array() {
        let fits = any.iter().any(|inner| faults(value, inner, root, at).is_empty());
        return if fits { Vec::new() } else { vec![format!("{at}: none of several forms")] };
    }
    if let Some(words) = schema["enum"].as_array()
        && !words.contains(value)
    {
        return vec![format!("{at}: {value} is no word of {words:?}")];
    }
    let is = |word: &str| match word {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_u64(),
        _ => value.is_number(),
    };
    let fits = match &schema["type"] {
        Value::Array(several) => several.iter().filter_map(Value::as_str).any(is),
        one => is(one.as_str().unwrap()),
    };
    if !fits {
        return vec![format!("{at}: {value} is no {}", schema["type"])];
    }
    let mut out = Vec::new();
    for item in value.as_array().into_iter().flatten() {
        out.extend(faults(item, &schema["items"], root, at));
    }
    let Some(object) = value.as_object() else { return out };
    for key in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        if !object.contains_key(key) {
            out.push(format!("{at}: `{key}` is missing"));
        }
    }
    for (key, inner) in object {
        let (own, others) = (&schema["properties"][key], &schema["additionalProperties"]);
        match (own.is_null(), others) {
            (false, _) => out.extend(faults(inner, own, root, &format!("{at}/{key}"))),
            (true, Value::Bool(false)) => out.push(format!("{at}: `{key}` is unknown")),
            (true, others) => out.extend(faults(inner, others, root, &format!("{at}/{key}"))),
        }
    }
    out
}

fn plain(value: &toml::Value) -> Value {
    match value {
        toml::Value::Datetime(date) => date.to_string().into(),
        toml::Value::Array(items) => items.iter().map(plain).collect(),
        toml::Value::Table(table) => table.iter().map(|(key, value)| (key.clone(), plain(value))).collect(),
        toml::Value::String(text) => text.as_str().into(),
        toml::Value::Integer(number) => (*number).into(),
        toml::Value::Float(number) => (*number).into(),
        toml::Value::Boolean(truth) => (*truth).into(),
    }
}

fn against_schema(file: &str, text: &str) -> Vec<String> {
    let kind = file.split_once('/').map_or_else(|| file.to_owned(), |(dir, _)| format!("{dir}/*.toml"));
    let kind = DECLARED.kinds.iter().find(|known| known.files == kind).unwrap();
    let schema: Value = serde_json::from_str(&schemas()[&format!("{}.json", kind.table)]).unwrap();
    let table: toml::Table = text.parse().unwrap();
    faults(&plain(&toml::Value::Table(table)), &schema, &schema, file)
}

#[test]
fn every_file_of_every_pipeline_fits_its_schema() {
    let mut found = Vec::new();
    for folder in &pipelines() {
        for (file, text) in folder.iter().filter(|(file, _)| file.ends_with(".toml")) {
            found.extend(against_schema(file, text));
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn a_schema_refuses_what_the_reader_refuses() {
    let rule = "title = \"A\"\nclause = \"A\"\nlevel = 3\nfrom = \"score\"\ndate = \"d\"\nsentence = \"A\"\n";
    assert_eq!(against_schema("rules/a.toml", rule), Vec::<String>::new());
    let refused = |text: &str| against_schema("rules/a.toml", text).join("; ");
    assert_eq!(
        refused(&rule.replace("level = 3", "level = \"3\"")),
        "rules/a.toml/level: \"3\" is no \"integer\""
    );
    assert_eq!(
        refused(&rule.replace("title", "titel")),
        "rules/a.toml: `title` is missing; rules/a.toml: `titel` is unknown"
    );
    let committee = "[[committee]]\naudience = \"everybody\"\n";
    for fault in ["`name` is missing", "\"everybody\" is no word of"] {
        assert!(
            against_schema("committees.toml", committee).iter().any(|found| found.contains(fault)),
            "{fault}"
        );
    }
}

/// Tells editors the schemas of the pipelines in the repository, whose files have no first line for it.
fn taplo() -> String {
    let mut out = "# Schemas for the files of pipelines; made from src/pipeline/keys.toml.\n".to_owned();
    for kind in &DECLARED.kinds {
        let Kind { files, table, .. } = kind;
        out += &format!(
            "\n[[rule]]\ninclude = [\"pipelines/*/{files}\", \"pipelines/*/pipeline/{files}\", \"fixtures/**/{files}\"]\n\
             schema = {{ path = \"pipelines/schema/{table}.json\" }}\n"
        );
    }
    out
}

/// What lies in the repository is what the program writes; `QUARTERDAY_WRITE=1` writes it again.
#[test]
fn the_key_reference_and_the_schemas_in_the_repository_are_fresh() {
    let mut files: Vec<(std::path::PathBuf, String)> =
        vec![(repository().join("docs/keys.md"), reference()), (repository().join(".taplo.toml"), taplo())];
    files.extend(
        schemas().into_iter().map(|(name, text)| (repository().join("pipelines/schema").join(name), text)),
    );
    for (path, text) in files {
        if std::env::var_os("QUARTERDAY_WRITE").is_some() {
            crate::disk::write_whole(&path, text.as_bytes()).unwrap();
        }
        let there = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(there == text, "{} is stale: run this test with QUARTERDAY_WRITE=1", path.display());
    }
}
