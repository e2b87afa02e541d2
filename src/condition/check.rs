//! From a syntax tree to a typed one: every name known, every comparison sensible.

mod function;
mod interval;

pub(crate) use interval::length;

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::NaiveDate;
use sqlparser::ast::{BinaryOperator, Expr, Spanned, UnaryOperator, Value};

use super::{Columns, Fault, Kind, Scope};
use crate::diagnostic::likely;

/// A checked expression.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Node {
    Column(String),
    /// The first filled cell of a column over the rows of a practice.
    First(String),
    AsOf,
    Text(String),
    Number(f64),
    Date(NaiveDate),
    Truth(bool),
    Shift {
        date: Box<Node>,
        months: i32,
        days: i32,
    },
    Not(Box<Node>),
    And(Box<Node>, Box<Node>),
    Or(Box<Node>, Box<Node>),
    Compare(Box<Node>, Comparison, Box<Node>),
    Arithmetic(Box<Node>, Operator, Box<Node>),
    Negative(Box<Node>),
    In(Box<Node>, Vec<Node>),
    Missing(Box<Node>),
    /// A regular expression made from a LIKE pattern.
    Matches(Box<Node>, String),
    Coalesce(Vec<Node>),
    /// The first date if it is not after the second.
    NotAfter(Box<Node>, Box<Node>),
    Has(Box<Node>, String),
    Position(Box<Node>, Arc<[String]>),
    Abs(Box<Node>),
    Lower(Box<Node>),
    Aggregate(Aggregate),
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Comparison {
    Equal,
    Unequal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Operator {
    Plus,
    Minus,
    Times,
    DividedBy,
}

/// What is made of the rows of one practice together.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Aggregate {
    Rows,
    Count(Box<Node>),
    CountDistinct(Box<Node>),
    Min(Box<Node>),
    Max(Box<Node>),
    Sum(Box<Node>),
    Mean(Box<Node>),
    DateReached { date: Box<Node>, key: Box<Node>, reaches: u16 },
}

impl Node {
    /// The expressions that it is made of.
    fn parts(&self) -> Vec<&Node> {
        match self {
            Node::Column(_)
            | Node::First(_)
            | Node::AsOf
            | Node::Text(_)
            | Node::Number(_)
            | Node::Date(_)
            | Node::Truth(_)
            | Node::Aggregate(Aggregate::Rows) => Vec::new(),
            Node::Shift { date: inner, .. }
            | Node::Not(inner)
            | Node::Negative(inner)
            | Node::Missing(inner)
            | Node::Matches(inner, _)
            | Node::Has(inner, _)
            | Node::Position(inner, _)
            | Node::Abs(inner)
            | Node::Lower(inner) => vec![inner],
            Node::And(left, right)
            | Node::Or(left, right)
            | Node::Compare(left, _, right)
            | Node::NotAfter(left, right)
            | Node::Arithmetic(left, _, right) => vec![left, right],
            Node::In(inner, list) => std::iter::once(inner.as_ref()).chain(list).collect(),
            Node::Coalesce(list) => list.iter().collect(),
            Node::Aggregate(
                Aggregate::Count(inner)
                | Aggregate::CountDistinct(inner)
                | Aggregate::Min(inner)
                | Aggregate::Max(inner)
                | Aggregate::Sum(inner)
                | Aggregate::Mean(inner),
            ) => vec![inner],
            Node::Aggregate(Aggregate::DateReached { date, key, .. }) => vec![date, key],
        }
    }

    /// Adds the numbers that the expression compares with or counts to.
    pub(super) fn numbers(&self, into: &mut Vec<f64>) {
        match self {
            Node::Number(number) => into.push(*number),
            Node::Aggregate(_) => {}
            node => node.parts().iter().for_each(|part| part.numbers(into)),
        }
    }

    /// Adds the lengths of time by which the expression moves dates: months and days.
    pub(super) fn shifts(&self, into: &mut Vec<(i32, i32)>) {
        if let Node::Shift { months, days, .. } = self {
            into.push((*months, *days));
        }
        self.parts().iter().for_each(|part| part.shifts(into));
    }

    /// How large the expression for Polars is: some of its parts stand in it several times.
    pub(super) fn weight(&self) -> usize {
        let two = |left: &Node, right: &Node| left.weight().saturating_add(right.weight());
        let inner = match self {
            Node::Column(_)
            | Node::First(_)
            | Node::AsOf
            | Node::Text(_)
            | Node::Number(_)
            | Node::Date(_)
            | Node::Truth(_) => 0,
            Node::Shift { date: inner, .. }
            | Node::Not(inner)
            | Node::Negative(inner)
            | Node::Missing(inner)
            | Node::Matches(inner, _)
            | Node::Has(inner, _)
            | Node::Abs(inner)
            | Node::Lower(inner) => inner.weight(),
            Node::Position(inner, values) => inner.weight().saturating_mul(values.len()),
            Node::And(left, right) | Node::Or(left, right) | Node::Compare(left, _, right) => {
                two(left, right)
            }
            Node::NotAfter(left, right) | Node::Arithmetic(left, _, right) => {
                two(left, right).saturating_mul(2)
            }
            Node::In(inner, list) => {
                list.iter().fold(0_usize, |sum, item| sum.saturating_add(two(inner, item)))
            }
            Node::Coalesce(list) => list.iter().fold(0_usize, |sum, item| sum.saturating_add(item.weight())),
            Node::Aggregate(aggregate) => match aggregate {
                Aggregate::Rows => 0,
                Aggregate::Count(inner)
                | Aggregate::CountDistinct(inner)
                | Aggregate::Min(inner)
                | Aggregate::Max(inner)
                | Aggregate::Sum(inner)
                | Aggregate::Mean(inner) => inner.weight().saturating_mul(2),
                Aggregate::DateReached { date, key, .. } => two(date, key).saturating_mul(4),
            },
        };
        inner.saturating_add(1)
    }

    /// Adds the columns that the expression speaks of.
    pub(super) fn columns<'a>(&'a self, into: &mut Vec<&'a str>) {
        if let Node::Column(name) | Node::First(name) = self {
            into.push(name);
        }
        self.parts().iter().for_each(|part| part.columns(into));
    }
}

/// Checks a parsed expression; gives the typed tree, what it yields and the values that it names.
pub(super) fn expression(
    expr: &Expr,
    columns: &Columns,
    scope: Scope,
) -> Result<(Node, Kind, BTreeSet<String>), Vec<Fault>> {
    let named = BTreeSet::new();
    let mut checker = Checker { columns, scope, inside: false, named, faults: Vec::new() };
    match checker.node(expr) {
        Some((node, kind)) if checker.faults.is_empty() => Ok((node, kind, checker.named)),
        _ => Err(checker.faults),
    }
}

/// Walks the tree and gathers every fault. A method gives `None` only after it noted a fault.
struct Checker<'a> {
    columns: &'a Columns,
    scope: Scope,
    /// Inside the brackets of an aggregate, where columns are cells of one row again.
    inside: bool,
    /// The named values that were met.
    named: BTreeSet<String>,
    faults: Vec<Fault>,
}

type Typed = Option<(Node, Kind)>;

impl Checker<'_> {
    fn fault<T>(&mut self, at: &Expr, message: impl Into<String>, help: Option<String>) -> Option<T> {
        let line = u32::try_from(at.span().start.line).unwrap_or(1).saturating_sub(1);
        self.faults.push(Fault { line, message: message.into(), help });
        None
    }

    fn node(&mut self, expr: &Expr) -> Typed {
        match expr {
            Expr::Identifier(name) => self.name(expr, &name.value, name.quote_style),
            Expr::Nested(inner) => self.node(inner),
            Expr::Value(value) => self.literal(expr, &value.value),
            Expr::TypedString(typed) => {
                let text = typed.value.value.to_string();
                self.date_literal(expr, text.trim_matches('\''))
            }
            Expr::UnaryOp { op: UnaryOperator::Not, expr: inner } => {
                let inner = self.truth(inner)?;
                Some((Node::Not(Box::new(inner)), Kind::Truth))
            }
            Expr::UnaryOp { op: UnaryOperator::Minus, expr: inner } => {
                let inner = self.number(inner)?;
                Some((Node::Negative(Box::new(inner)), Kind::Number))
            }
            Expr::IsNull(inner) => self.missing(inner),
            Expr::IsNotNull(inner) => {
                let (node, _) = self.missing(inner)?;
                Some((Node::Not(Box::new(node)), Kind::Truth))
            }
            Expr::InList { expr: inner, list, negated } => {
                let node = self.in_list(inner, list)?;
                Some(negate(node, *negated))
            }
            Expr::Between { expr: inner, negated, low, high } => {
                // Once: a chain of them would be walked twice for each.
                let typed = self.ordered(inner)?;
                let mut bound = |how: Comparison, bound: &Expr| {
                    let bound = self.node(bound)?;
                    let (own, bound) = self.alike(expr, typed.clone(), bound)?;
                    Some(Box::new(Node::Compare(Box::new(own), how, Box::new(bound))))
                };
                let (above, below) =
                    (bound(Comparison::GreaterOrEqual, low), bound(Comparison::LessOrEqual, high));
                Some(negate(Node::And(above?, below?), *negated))
            }
            Expr::Like { negated, expr: inner, pattern, .. } => {
                self.like(inner, pattern, false).map(|n| negate(n, *negated))
            }
            Expr::ILike { negated, expr: inner, pattern, .. } => {
                self.like(inner, pattern, true).map(|n| negate(n, *negated))
            }
            Expr::BinaryOp { left, op, right } => self.binary(expr, left, op, right),
            Expr::Function(call) => self.function(expr, call),
            Expr::Interval(_) => self.fault(
                expr,
                "a period of time stands alone",
                Some("add it to or take it from a date: as_of - INTERVAL '12 months'".into()),
            ),
            other => self.fault(
                expr,
                format!("`{other}` is more SQL than conditions understand"),
                Some(
                    "use comparisons, AND, OR, NOT, IN, BETWEEN, LIKE, IS NULL and the documented functions"
                        .into(),
                ),
            ),
        }
    }

    fn name(&mut self, at: &Expr, written: &str, quote: Option<char>) -> Typed {
        let name = written.to_lowercase();
        if name == "as_of" {
            return Some((Node::AsOf, Kind::Date));
        }
        if let Some(kind) = self.columns.get(&name) {
            let kind = kind.clone();
            let node = match (self.scope, self.inside) {
                (Scope::Rows, false) => Node::First(name),
                _ => Node::Column(name),
            };
            return Some((node, kind));
        }
        if let Some(number) = self.columns.values().take(&name) {
            self.named.insert(name);
            return Some((Node::Number(number), Kind::Number));
        }
        let names = || self.columns.names().chain(self.columns.values().names());
        let help = if quote.is_some() {
            format!("if it is a value, put it in single quotes: '{written}'")
        } else if let Some(near) = likely(&name, names()) {
            format!("did you mean `{near}`?")
        } else {
            match self.columns.names().next() {
                Some(_) => {
                    format!("the columns here are: {}", self.columns.names().collect::<Vec<_>>().join(", "))
                }
                None => {
                    let values: Vec<&str> = self.columns.values().names().collect();
                    format!("a title may name the [values] of levels.toml: {}", values.join(", "))
                }
            }
        };
        self.fault(at, format!("there is no column `{written}`"), Some(help))
    }

    fn literal(&mut self, at: &Expr, value: &Value) -> Typed {
        match value {
            Value::SingleQuotedString(text) => Some((Node::Text(text.clone()), Kind::Text)),
            Value::Boolean(truth) => Some((Node::Truth(*truth), Kind::Truth)),
            Value::Number(digits, _) => match digits.parse::<f64>() {
                Ok(number) if number.is_finite() => Some((Node::Number(number), Kind::Number)),
                _ => self.fault(at, format!("`{digits}` is not a number"), None),
            },
            Value::Null => self.fault(
                at,
                "NULL is compared with nothing",
                Some("write `column IS NULL` or `column IS NOT NULL`".into()),
            ),
            other => self.fault(at, format!("`{other}` is not a value that conditions know"), None),
        }
    }

    fn date_literal(&mut self, at: &Expr, text: &str) -> Typed {
        match text.parse::<NaiveDate>() {
            Ok(date) => Some((Node::Date(date), Kind::Date)),
            Err(_) => {
                self.fault(at, format!("'{text}' is not a date"), Some("write DATE '2026-06-30'".into()))
            }
        }
    }

    fn truth(&mut self, expr: &Expr) -> Option<Node> {
        self.of_kind(expr, &Kind::Truth)
    }

    fn number(&mut self, expr: &Expr) -> Option<Node> {
        self.of_kind(expr, &Kind::Number)
    }

    fn of_kind(&mut self, expr: &Expr, wanted: &Kind) -> Option<Node> {
        let (node, kind) = self.node(expr)?;
        if kind == *wanted {
            return Some(node);
        }
        self.fault(expr, format!("`{expr}` is {}; {} is needed", kind.words(), wanted.words()), None)
    }

    /// What BETWEEN and IN look at: anything but a truth, so that none of them stands inside another.
    fn ordered(&mut self, expr: &Expr) -> Typed {
        let typed = self.node(expr)?;
        if typed.1 == Kind::Truth {
            let help = Some("write AND, OR or NOT".to_owned());
            return self.fault(expr, "what is true or false is not compared with a list or a range", help);
        }
        Some(typed)
    }

    fn missing(&mut self, inner: &Expr) -> Typed {
        let (node, _) = self.node(inner)?;
        Some((Node::Missing(Box::new(node)), Kind::Truth))
    }

    fn in_list(&mut self, inner: &Expr, list: &[Expr]) -> Option<Node> {
        let typed = self.ordered(inner)?;
        let mut items = Vec::new();
        for item in list {
            let value = self.node(item)?;
            let (_, value) = self.alike(item, typed.clone(), value)?;
            items.push(value);
        }
        Some(Node::In(Box::new(typed.0), items))
    }

    fn like(&mut self, inner: &Expr, pattern: &Expr, any_case: bool) -> Option<Node> {
        let (node, kind) = self.node(inner)?;
        let (pattern_node, _) = self.node(pattern)?;
        match (kind, pattern_node) {
            (Kind::Text | Kind::Choice(_), Node::Text(like)) => {
                Some(Node::Matches(Box::new(node), like_to_regex(&like, any_case)))
            }
            _ => self.fault(inner, "LIKE compares a text with a pattern such as '%access%'", None),
        }
    }

    fn binary(&mut self, at: &Expr, left: &Expr, op: &BinaryOperator, right: &Expr) -> Typed {
        let comparison = match op {
            BinaryOperator::And | BinaryOperator::Or => {
                let (l, r) = (self.truth(left), self.truth(right));
                let (l, r) = (Box::new(l?), Box::new(r?));
                let node = if *op == BinaryOperator::And { Node::And(l, r) } else { Node::Or(l, r) };
                return Some((node, Kind::Truth));
            }
            BinaryOperator::Plus
            | BinaryOperator::Minus
            | BinaryOperator::Multiply
            | BinaryOperator::Divide => return self.arithmetic(at, left, op, right),
            BinaryOperator::Eq => Comparison::Equal,
            BinaryOperator::NotEq => Comparison::Unequal,
            BinaryOperator::Lt => Comparison::Less,
            BinaryOperator::LtEq => Comparison::LessOrEqual,
            BinaryOperator::Gt => Comparison::Greater,
            BinaryOperator::GtEq => Comparison::GreaterOrEqual,
            other => {
                return self.fault(at, format!("the operator `{other}` is not known here"), None);
            }
        };
        Some((self.compare(at, left, comparison, right)?, Kind::Truth))
    }

    fn compare(&mut self, at: &Expr, left: &Expr, how: Comparison, right: &Expr) -> Option<Node> {
        let (l, r) = (self.node(left), self.node(right));
        let (l, r) = self.alike(at, l?, r?)?;
        Some(Node::Compare(Box::new(l), how, Box::new(r)))
    }

    /// Two sides that may be compared; a text beside a date is read as a date.
    fn alike(&mut self, at: &Expr, left: (Node, Kind), right: (Node, Kind)) -> Option<(Node, Node)> {
        match (left, right) {
            ((l, Kind::Date), (Node::Text(text), _)) => Some((l, self.date_literal(at, &text)?.0)),
            ((Node::Text(text), _), (r, Kind::Date)) => Some((self.date_literal(at, &text)?.0, r)),
            ((l, Kind::Choice(values)), (Node::Text(text), _)) => {
                self.allowed(at, &values, &text).map(|text| (l, Node::Text(text)))
            }
            ((Node::Text(text), _), (r, Kind::Choice(values))) => {
                self.allowed(at, &values, &text).map(|text| (Node::Text(text), r))
            }
            ((_, Kind::Choices(_)), _) | (_, (_, Kind::Choices(_))) => self.fault(
                at,
                "a column with several values cannot be compared",
                Some("write has(column, 'value')".into()),
            ),
            ((l, a), (r, b)) if a.words() == b.words() || (textual(&a) && textual(&b)) => Some((l, r)),
            ((_, a), (_, b)) => {
                self.fault(at, format!("`{at}` compares {} with {}", a.words(), b.words()), None)
            }
        }
    }

    fn allowed(&mut self, at: &Expr, values: &[String], text: &str) -> Option<String> {
        if let Some(value) = values.iter().find(|v| v.eq_ignore_ascii_case(text)) {
            return Some(value.clone());
        }
        let help = format!("the values are: {}", values.join(", "));
        self.fault(at, format!("'{text}' is not a value of this column"), Some(help))
    }

    fn arithmetic(&mut self, at: &Expr, left: &Expr, op: &BinaryOperator, right: &Expr) -> Typed {
        if let Expr::Interval(period) = right {
            let (date, kind) = self.node(left)?;
            if kind != Kind::Date || !matches!(op, BinaryOperator::Plus | BinaryOperator::Minus) {
                return self.fault(at, "a period is added to or taken from a date", None);
            }
            let (months, days) = match interval::months_and_days(period) {
                Ok(length) => length,
                Err(message) => return self.fault(right, message, None),
            };
            let sign = if *op == BinaryOperator::Minus { -1 } else { 1 };
            let shift = Node::Shift { date: Box::new(date), months: sign * months, days: sign * days };
            return Some((shift, Kind::Date));
        }
        let (l, r) = (self.number(left), self.number(right));
        let operator = match op {
            BinaryOperator::Plus => Operator::Plus,
            BinaryOperator::Minus => Operator::Minus,
            BinaryOperator::Multiply => Operator::Times,
            _ => Operator::DividedBy,
        };
        Some((Node::Arithmetic(Box::new(l?), operator, Box::new(r?)), Kind::Number))
    }
}

fn negate(node: Node, negated: bool) -> (Node, Kind) {
    (if negated { Node::Not(Box::new(node)) } else { node }, Kind::Truth)
}

fn textual(kind: &Kind) -> bool {
    matches!(kind, Kind::Text | Kind::Choice(_))
}

/// `%` is any run of characters and `_` any one, as in SQL.
fn like_to_regex(pattern: &str, any_case: bool) -> String {
    let mut regex = String::from(if any_case { "(?is)^" } else { "(?s)^" });
    for c in pattern.chars() {
        match c {
            '%' => regex.push_str(".*"),
            '_' => regex.push('.'),
            other => regex.push_str(&regex::escape(other.encode_utf8(&mut [0; 4]))),
        }
    }
    regex.push('$');
    regex
}
