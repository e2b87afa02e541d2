//! From text to a syntax tree, with messages for people who know Excel better than SQL.

use sqlparser::ast::Expr;
use sqlparser::dialect::GenericDialect;
use sqlparser::parser::{Parser, ParserError};
use sqlparser::tokenizer::Token;

use super::Fault;

/// Parses one expression and nothing after it.
pub(super) fn expression(text: &str) -> Result<Expr, Vec<Fault>> {
    parse(text).map_err(|error| vec![fault(error, text)])
}

fn parse(text: &str) -> Result<Expr, ParserError> {
    let mut parser = Parser::new(&GenericDialect {}).try_with_sql(text)?;
    let expr = parser.parse_expr()?;
    let next = parser.peek_token();
    if next.token == Token::EOF {
        return Ok(expr);
    }
    Err(ParserError::ParserError(format!(
        "Expected: the end or an operator such as AND, found: {} at Line: {}",
        next.token, next.span.start.line
    )))
}

fn fault(error: ParserError, text: &str) -> Fault {
    let (ParserError::TokenizerError(said) | ParserError::ParserError(said)) = &error else {
        return Fault { line: 0, message: "the condition is nested too deeply".into(), mend: None };
    };
    let (said, line) = split_place(said);
    let mend = match text {
        t if t.trim().is_empty() => Some("write a condition, or leave the key out".to_owned()),
        t if t.contains('"') => Some("put values in single quotes: 'Serious'".to_owned()),
        _ => Some("conditions are SQL: severity = 'Serious' AND status <> 'Closed'".to_owned()),
    };
    Fault { line, message: format!("`{}` cannot be read: {said}", text.trim()), mend }
}

/// Separates `… at Line: 2, Column: 7` from the message; the line counts from 0.
fn split_place(said: &str) -> (String, u32) {
    let Some((head, tail)) = said.rsplit_once(" at Line: ") else {
        return (lower_first(said), 0);
    };
    let digits: String = tail.chars().take_while(char::is_ascii_digit).collect();
    (lower_first(head), digits.parse::<u32>().unwrap_or(1).saturating_sub(1))
}

fn lower_first(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|c| c.to_lowercase().chain(chars).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_what_was_found_and_on_which_line() {
        let faults = expression("severity = 'Serious'\nAND > 3").unwrap_err();
        assert_eq!(faults[0].line, 1);
        assert!(faults[0].message.contains("cannot be read"), "{}", faults[0].message);
    }

    #[test]
    fn refuses_what_follows_the_expression() {
        let faults = expression("severity 'Serious'").unwrap_err();
        assert!(faults[0].message.contains("'Serious'"), "{}", faults[0].message);
    }
}
