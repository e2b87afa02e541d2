//! The functions of conditions: which arguments they take and what they give.

use sqlparser::ast::{
    DuplicateTreatment, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArgumentList, FunctionArguments,
};

use super::{Aggregate, Checker, Node, Typed, textual};
use crate::condition::{FUNCTIONS, Kind, Scope};
use crate::diagnostic::likely;

impl Checker<'_> {
    pub(super) fn function(&mut self, at: &Expr, call: &Function) -> Typed {
        let name = call.name.to_string().to_lowercase();
        if !FUNCTIONS.iter().any(|(known, _, _)| *known == name) {
            let known: Vec<&str> = FUNCTIONS.iter().map(|(known, _, _)| *known).collect();
            let help = likely(&name, known.iter().copied()).map_or_else(
                || format!("the functions are: {}", known.join(", ")),
                |n| format!("did you mean `{n}`?"),
            );
            return self.fault(at, format!("there is no function `{name}`"), Some(help));
        }
        let FunctionArguments::List(list) = &call.args else {
            return self.usage(at, &name);
        };
        match name.as_str() {
            "count" | "min" | "max" | "sum" | "avg" | "date_reached" => self.aggregate(at, &name, list),
            "list" | "plural" => self.fault(
                at,
                format!("`{name}` makes text"),
                Some("use it in a sentence, between { and }".into()),
            ),
            _ => self.of_one_row(at, &name, list),
        }
    }

    fn of_one_row(&mut self, at: &Expr, name: &str, list: &FunctionArgumentList) -> Typed {
        let Some(arguments) = plain(list) else { return self.usage(at, name) };
        match (name, arguments.as_slice()) {
            ("coalesce", [_, ..]) => {
                let mut nodes = Vec::new();
                let mut kinds: Vec<Kind> = Vec::new();
                for argument in arguments {
                    let (node, kind) = self.node(argument)?;
                    nodes.push(node);
                    kinds.push(kind);
                }
                let first = kinds.first().cloned().unwrap_or(Kind::Text);
                if kinds.iter().any(|k| *k != first && !(textual(k) && textual(&first))) {
                    return self.fault(at, "coalesce takes values of one kind", None);
                }
                let kind = if kinds.iter().all(|k| *k == first) { first } else { Kind::Text };
                Some((Node::Coalesce(nodes), kind))
            }
            ("not_after", [date, limit]) => {
                let (date, limit) = (self.node(date)?, self.node(limit)?);
                if date.1 != Kind::Date {
                    return self.fault(at, "not_after takes two dates", None);
                }
                let (date, limit) = self.alike(at, date, limit)?;
                Some((Node::NotAfter(Box::new(date), Box::new(limit)), Kind::Date))
            }
            ("has", [list, value]) => {
                let (node, kind) = self.node(list)?;
                let (value, _) = self.node(value)?;
                match (kind, value) {
                    (Kind::Choices(Some(values)), Node::Text(text)) => {
                        let text = self.allowed(at, &values, &text)?;
                        Some((Node::Has(Box::new(node), text), Kind::Truth))
                    }
                    (Kind::Choices(None), Node::Text(text)) => {
                        Some((Node::Has(Box::new(node), text), Kind::Truth))
                    }
                    _ => self.usage(at, name),
                }
            }
            ("position", [choice]) => match self.node(choice)? {
                (node, Kind::Choice(values)) => Some((Node::Position(Box::new(node), values), Kind::Number)),
                _ => self.fault(at, "position takes a column with a list of allowed values", None),
            },
            ("abs", [number]) => Some((Node::Abs(Box::new(self.number(number)?)), Kind::Number)),
            ("lower", [text]) => match self.node(text)? {
                (node, kind) if textual(&kind) => Some((Node::Lower(Box::new(node)), Kind::Text)),
                _ => self.usage(at, name),
            },
            _ => self.usage(at, name),
        }
    }

    fn aggregate(&mut self, at: &Expr, name: &str, list: &FunctionArgumentList) -> Typed {
        if self.scope == Scope::Row || self.inside {
            return self.fault(
                at,
                format!("`{name}` speaks of several rows; this condition is about one"),
                Some("put it into `having`".into()),
            );
        }
        self.inside = true;
        let typed = self.aggregate_inside(at, name, list);
        self.inside = false;
        let (aggregate, kind) = typed?;
        Some((Node::Aggregate(aggregate), kind))
    }

    fn aggregate_inside(
        &mut self,
        at: &Expr,
        name: &str,
        list: &FunctionArgumentList,
    ) -> Option<(Aggregate, Kind)> {
        let distinct = list.duplicate_treatment == Some(DuplicateTreatment::Distinct);
        let wildcard = matches!(list.args.as_slice(), [FunctionArg::Unnamed(FunctionArgExpr::Wildcard)]);
        if name == "count" && wildcard {
            return Some((Aggregate::Rows, Kind::Number));
        }
        let Some(arguments) = plain(list) else { return self.usage(at, name) };
        match (name, arguments.as_slice()) {
            ("count", [inner]) => {
                let inner = Box::new(self.node(inner)?.0);
                let count = if distinct { Aggregate::CountDistinct(inner) } else { Aggregate::Count(inner) };
                Some((count, Kind::Number))
            }
            ("min" | "max", [inner]) => {
                let (node, kind) = self.node(inner)?;
                let make = if name == "min" { Aggregate::Min } else { Aggregate::Max };
                Some((make(Box::new(node)), kind))
            }
            ("sum" | "avg", [inner]) => {
                let node = Box::new(self.number(inner)?);
                let make = if name == "sum" { Aggregate::Sum } else { Aggregate::Mean };
                Some((make(node), Kind::Number))
            }
            ("date_reached", [date, key, reaches]) => {
                let date = Box::new(self.of_kind(date, &Kind::Date)?);
                let key = Box::new(self.node(key)?.0);
                let reaches = match self.node(reaches)?.0 {
                    Node::Number(n) if (1.0..=1000.0).contains(&n) && n.fract() == 0.0 => n as u16,
                    _ => return self.usage(at, name),
                };
                Some((Aggregate::DateReached { date, key, reaches }, Kind::Date))
            }
            _ => self.usage(at, name),
        }
    }

    fn usage<T>(&mut self, at: &Expr, name: &str) -> Option<T> {
        let (_, arguments, gives) =
            FUNCTIONS.iter().find(|(known, _, _)| *known == name).copied().unwrap_or(("", "", ""));
        self.fault(at, format!("`{name}` is written {name}({arguments}): {gives}"), None)
    }
}

/// The arguments, where all of them are plain expressions.
fn plain(list: &FunctionArgumentList) -> Option<Vec<&Expr>> {
    list.args
        .iter()
        .map(|argument| match argument {
            FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => Some(expr),
            _ => None,
        })
        .collect()
}
