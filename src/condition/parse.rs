//! From text to a syntax tree, with messages for people who know Excel better than SQL.

use sqlparser::ast::Expr;
use sqlparser::dialect::GenericDialect;
use sqlparser::parser::{Parser, ParserError};
use sqlparser::tokenizer::{Token, Tokenizer};

use super::Fault;

/// How many names, words, operators and values an expression may have.
///
/// Everything that walks an expression calls itself once for each operator, and so does Polars: without a
/// limit a long chain of `OR` or `=` ends the whole program. The tests of this module's parent show that at this
/// one any chain leaves room in the smallest stack of a thread.
const MOST_PARTS: usize = 250;

/// How deep brackets, prefixes and functions may stand within each other.
const MOST_DEPTH: usize = 25;

/// How many bytes an expression may have.
const MOST_BYTES: usize = 50_000;

/// Parses one expression and nothing after it.
pub(super) fn expression(text: &str) -> Result<Expr, Vec<Fault>> {
    limited(text).map_err(|fault| vec![fault])?;
    parse(text).map_err(|error| vec![fault(error, text)])
}

/// Refuses a text that is too long, before anything calls itself for its parts.
pub(super) fn limited(text: &str) -> Result<(), Fault> {
    let parts = if text.len() > MOST_BYTES {
        usize::MAX
    } else {
        // What is no SQL at all is said by the parser.
        parts(&Tokenizer::new(&GenericDialect {}, text).tokenize().unwrap_or_default())
    };
    if parts <= MOST_PARTS {
        return Ok(());
    }
    let start: String = text.trim().chars().take(40).collect();
    let message = format!(
        "`{start}…` is too long: a condition has at most {MOST_PARTS} names, words, operators and \
         values, and {MOST_BYTES} characters"
    );
    let help = "write column IN ('a', 'b', …) instead of many ORs, or make several rules of it";
    Err(Fault { line: 0, message, help: Some(help.to_owned()) })
}

/// Counts what may nest: all but commas, the values behind them, of which a list may hold thousands, and
/// closing brackets.
fn parts(tokens: &[Token]) -> usize {
    let tokens = || tokens.iter().filter(|token| !matches!(token, Token::Whitespace(_)));
    let behind = std::iter::once(&Token::EOF).chain(tokens());
    let flat = |(before, token): &(&Token, &Token)| match token {
        Token::Comma | Token::RParen | Token::EOF => true,
        Token::Number(..) | Token::SingleQuotedString(_) => **before == Token::Comma,
        _ => false,
    };
    behind.zip(tokens()).filter(|pair| !flat(pair)).count()
}

fn parse(text: &str) -> Result<Expr, ParserError> {
    let mut parser = Parser::new(&GenericDialect {}).with_recursion_limit(MOST_DEPTH).try_with_sql(text)?;
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
        return Fault { line: 0, message: "the condition is nested too deeply".into(), help: None };
    };
    let (said, line) = split_place(said);
    let help = match text {
        t if t.trim().is_empty() => Some("write a condition, or leave the key out".to_owned()),
        t if t.contains('"') => Some("put values in single quotes: 'Serious'".to_owned()),
        _ => Some("conditions are SQL: severity = 'Serious' AND status <> 'Closed'".to_owned()),
    };
    Fault { line, message: format!("`{}` cannot be read: {said}", text.trim()), help }
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
    fn a_chain_without_end_is_refused_before_it_fills_a_stack() {
        let or = |terms: usize| vec!["severity = 'Low'"; terms].join(" or ");
        assert!(expression(&or(MOST_PARTS / 4)).is_ok());
        for text in [or(MOST_PARTS), or(100_000), "1+".repeat(50_000) + "1", "not ".repeat(700) + "true"] {
            let faults = expression(&text).unwrap_err();
            assert!(faults[0].message.contains("too long"), "{}", faults[0].message);
        }
        let list = (0..2_000).map(|n| format!("'{n}'")).collect::<Vec<_>>().join(", ");
        assert!(expression(&format!("code in ({list})")).is_ok(), "a long list is flat");
        for text in ["(".repeat(100) + "1", "-".repeat(100) + "1"] {
            let _ = expression(&text);
        }
    }

    #[test]
    fn refuses_what_follows_the_expression() {
        let faults = expression("severity 'Serious'").unwrap_err();
        assert!(faults[0].message.contains("'Serious'"), "{}", faults[0].message);
    }
}
