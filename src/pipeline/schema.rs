//! The keys of every kind of file: declared once, in `keys.toml`, for JSON Schemas and for `docs/keys.md`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde_json::{Map, Value, json};

use super::block::{KINDS, Subject};

const KEYS: &str = include_str!("keys.toml");

/// The form of the table that holds a block's texts: which keys it has, the kinds of blocks say.
const TEXTS: &str = "*texts";

/// What is declared of a key.
#[derive(Debug)]
struct Key {
    name: String,
    /// What its value can be: one or several forms.
    forms: Vec<Form>,
    need: Need,
    about: String,
    default: Option<String>,
}

/// Whether a key must be there.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Need {
    Always,
    /// Other keys decide.
    Sometimes,
    Never,
}

/// A form of a value.
#[derive(Debug, Clone, PartialEq)]
enum Form {
    /// A form known by a word: `text`, `count`, `flag`.
    Plain(String),
    /// A text of a closed list, or several.
    Words { words: Vec<String>, several: bool },
    /// A table, by the name under which its keys are declared; `[[tables]]`; or tables under names of the author's.
    Table { name: String, how: How },
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum How {
    One,
    Several,
    Named,
}

/// A kind of file.
#[derive(Debug)]
struct Kind {
    /// `rules/*.toml`.
    files: String,
    /// The table that a whole file is; its schema has this name.
    table: String,
    about: String,
}

/// All that is declared.
#[derive(Debug, Default)]
struct Declared {
    kinds: Vec<Kind>,
    tables: BTreeMap<String, Vec<Key>>,
}

// That the text can be read is tested.
static DECLARED: LazyLock<Declared> = LazyLock::new(|| declared(KEYS).unwrap_or_default());

/// # Errors
/// What is wrong with the text.
fn declared(text: &str) -> Result<Declared, String> {
    let document: toml::Table = text.parse().map_err(|error: toml::de::Error| error.to_string())?;
    let mut out = Declared { kinds: Vec::new(), tables: BTreeMap::new() };
    for (table, keys) in &document {
        let keys = keys.as_table().ok_or_else(|| format!("`{table}` is no table"))?;
        let mut read = Vec::new();
        for (name, said) in keys {
            let said: Vec<&str> =
                said.as_array().into_iter().flatten().filter_map(toml::Value::as_str).collect();
            let (form, about) = match said.as_slice() {
                [form, about] | [form, about, _] => (*form, (*about).to_owned()),
                _ => return Err(format!("`{name}` of `{table}` is not [form, about, default]")),
            };
            if table == "files" {
                out.kinds.push(Kind { files: name.clone(), table: form.to_owned(), about });
                continue;
            }
            let default = said.get(2).map(|&text| text.to_owned());
            let need = match form.chars().last() {
                Some('!') => Need::Always,
                Some('?') => Need::Sometimes,
                _ => Need::Never,
            };
            let forms = form.trim_end_matches(['!', '?']).split(" or ").map(Form::read).collect();
            read.push(Key { name: name.clone(), forms, need, about, default });
        }
        if table != "files" {
            out.tables.insert(table.clone(), read);
        }
    }
    Ok(out)
}

impl Form {
    fn read(text: &str) -> Self {
        let words = |list: &str| list.split(" | ").map(|word| word.trim().to_owned()).collect();
        let table = |name: &str, how| Self::Table { name: name.trim().to_owned(), how };
        match text.split_once(':') {
            Some(("word", list)) => Self::Words { words: words(list), several: false },
            Some(("words", list)) => Self::Words { words: words(list), several: true },
            Some(("table", name)) => table(name, How::One),
            Some(("tables", name)) => table(name, How::Several),
            Some(("named", name)) => table(name, How::Named),
            _ => Self::Plain(text.to_owned()),
        }
    }

    fn schema(&self) -> Value {
        let list = |items: Value| json!({ "type": "array", "items": items });
        let date = || json!({ "type": "string", "format": "date" });
        let count = || json!({ "type": "integer", "minimum": 0 });
        match self {
            Self::Words { words, several } => {
                let word = json!({ "type": "string", "enum": words });
                if *several { list(word) } else { word }
            }
            Self::Table { name, how } => {
                let inner = json!({ "$ref": format!("#/definitions/{name}") });
                match how {
                    How::One => inner,
                    How::Several => list(inner),
                    How::Named => json!({ "type": "object", "additionalProperties": inner }),
                }
            }
            Self::Plain(word) => match word.as_str() {
                "count" => count(),
                "counts" => list(count()),
                "number" => json!({ "type": "number" }),
                "flag" => json!({ "type": "boolean" }),
                "date" => date(),
                "dates" => list(date()),
                "texts" | "addresses" => list(json!({ "type": "string" })),
                "digits" => json!({ "type": ["string", "integer"] }),
                "pairs" => json!({ "type": "object", "additionalProperties": { "type": "string" } }),
                "numbers" => json!({ "type": "object", "additionalProperties": { "type": "number" } }),
                _ => json!({ "type": "string" }),
            },
        }
    }

    /// What it is, for a reader.
    fn words(&self) -> String {
        match self {
            Self::Words { words, several } => {
                let listed: Vec<String> = words.iter().map(|word| format!("`\"{word}\"`")).collect();
                let listed = listed.join(", ");
                if *several { format!("a list of {listed}") } else { listed }
            }
            Self::Table { name, .. } if name == TEXTS => "a table of texts".to_owned(),
            Self::Table { name, how } => {
                let link = format!("[{name}](#{name})");
                match how {
                    How::One => format!("a table: {link}"),
                    How::Several => format!("tables: {link}"),
                    How::Named => format!("names of your own, each a table: {link}"),
                }
            }
            Self::Plain(word) => match word.as_str() {
                "text" => "a text",
                "texts" => "a list of texts",
                "count" => "a whole number",
                "counts" => "a list of whole numbers",
                "number" => "a number",
                "flag" => "true or false",
                "date" => "a date such as 2026-04-01",
                "dates" => "a list of dates",
                "time" => "a time such as \"02:30\"",
                "digits" => "a number of any length",
                "address" => "a mail address",
                "addresses" => "a list of mail addresses",
                "pairs" => "names of your own, each with a text",
                "numbers" => "names of your own, each with a number",
                other => other,
            }
            .to_owned(),
        }
    }
}

impl Key {
    fn schema(&self) -> Value {
        let mut out = match self.forms.as_slice() {
            [form @ Form::Table { how: How::One, .. }] => json!({ "allOf": [form.schema()] }),
            [form] => form.schema(),
            several => json!({ "anyOf": several.iter().map(Form::schema).collect::<Vec<_>>() }),
        };
        let default = self.default.as_ref().map(|text| format!(" Left out: {text}.")).unwrap_or_default();
        if let Some(out) = out.as_object_mut() {
            out.insert("description".to_owned(), format!("{}{default}", self.about).into());
        }
        out
    }
}

/// The schemas of all kinds of files, each by the name of its file.
pub fn schemas() -> BTreeMap<String, String> {
    let schema = |kind: &Kind| {
        let mut definitions = Map::new();
        let mut root = table(&kind.table, &mut definitions);
        if let Some(root) = root.as_object_mut() {
            root.insert("$schema".to_owned(), "http://json-schema.org/draft-07/schema#".into());
            root.insert("title".to_owned(), kind.files.as_str().into());
            root.insert("description".to_owned(), kind.about.as_str().into());
            root.insert("definitions".to_owned(), Value::Object(definitions));
        }
        (format!("{}.json", kind.table), format!("{root:#}\n"))
    };
    DECLARED.kinds.iter().map(schema).collect()
}

/// The schema of a table; those of the tables in it go into `definitions`.
fn table(name: &str, definitions: &mut Map<String, Value>) -> Value {
    let mut properties = Map::new();
    let mut others = Value::Bool(false);
    let mut required: Vec<&str> = Vec::new();
    if name == TEXTS {
        for (key, about) in texts() {
            properties.insert(key.to_owned(), json!({ "type": "string", "description": about }));
        }
    }
    for key in DECLARED.tables.get(name).into_iter().flatten() {
        for form in &key.forms {
            let Form::Table { name, .. } = form else { continue };
            if !definitions.contains_key(name) {
                definitions.insert(name.clone(), Value::Null);
                let inner = table(name, definitions);
                definitions.insert(name.clone(), inner);
            }
        }
        if key.name == "*" {
            others = key.forms.first().map_or(Value::Bool(true), |form| match form {
                Form::Table { name, .. } => json!({ "$ref": format!("#/definitions/{name}") }),
                form => form.schema(),
            });
            continue;
        }
        properties.insert(key.name.clone(), key.schema());
        if key.need == Need::Always {
            required.push(&key.name);
        }
    }
    json!({ "type": "object", "properties": properties, "required": required, "additionalProperties": others })
}

/// The texts of blocks: each key once, with what every kind of block that has it says by default.
fn texts() -> BTreeMap<&'static str, String> {
    let mut out: BTreeMap<&'static str, Vec<String>> = BTreeMap::new();
    for kind in KINDS {
        for text in kind.texts {
            let default = if text.default.is_empty() { "nothing" } else { text.default };
            out.entry(text.key).or_default().push(format!("{}: {default}", kind.word));
        }
    }
    out.into_iter().map(|(key, said)| (key, said.join("\n"))).collect()
}

/// The reference of all keys, in Markdown.
pub fn reference() -> String {
    let mut out = String::from(
        "# Keys\n\nEvery key of every file of a pipeline folder. `quarterday schema --reference` writes this page; \
         edit `src/pipeline/keys.toml` instead. A key in **bold** must be there.\n",
    );
    for kind in &DECLARED.kinds {
        out += &format!("\n## `{}`\n\n{}\n", kind.files, kind.about);
        let mut told = vec![kind.table.as_str()];
        let mut next = 0;
        while let Some(name) = told.get(next).copied() {
            next += 1;
            out += &keys_of(name, &mut told);
        }
    }
    out += "\n## Blocks\n\nWhat `is` of a block can be, and what the block says in `[block.text]`.\n";
    for kind in KINDS {
        let about = match kind.about {
            Subject::Practices => "many practices",
            Subject::Practice => "one practice",
            Subject::Exception => "one exception",
        };
        out += &format!("\n### {}\n\n{} For documents about {about}.\n", kind.word, kind.what);
        if !kind.texts.is_empty() {
            out += "\n| text | holes | what it says if it is left out |\n|---|---|---|\n";
        }
        for text in kind.texts {
            let holes: Vec<String> = text.names.iter().map(|name| format!("`{{{name}}}`")).collect();
            out += &format!("| `{}` | {} | {} |\n", text.key, holes.join(" "), cell(text.default));
        }
    }
    out
}

fn keys_of<'d>(name: &'d str, told: &mut Vec<&'d str>) -> String {
    let Some(keys) = DECLARED.tables.get(name) else { return String::new() };
    let mut out = format!("\n### {name}\n\n| key | takes | says |\n|---|---|---|\n");
    for key in keys {
        for form in &key.forms {
            if let Form::Table { name, .. } = form
                && !told.contains(&name.as_str())
            {
                told.push(name);
            }
        }
        let forms: Vec<String> = key.forms.iter().map(Form::words).collect();
        let name = match (key.name.as_str(), key.need == Need::Always) {
            ("*", _) => "a name of your own".to_owned(),
            (name, true) => format!("**`{name}`**"),
            (name, false) => format!("`{name}`"),
        };
        let default = key.default.as_ref().map(|text| format!(" Left out: `{text}`."));
        out += &format!(
            "| {name} | {} | {}{} |\n",
            cell(&forms.join(", or ")),
            cell(&key.about),
            default.unwrap_or_default()
        );
    }
    out
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

/// Each key that reading asked for, by the path of its table, with all that it was to hold.
#[cfg(test)]
pub(super) type Asked = BTreeMap<(String, String), std::collections::BTreeSet<String>>;

#[cfg(test)]
mod tests;
