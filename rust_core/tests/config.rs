//! TOML's statements over any text.

#![allow(clippy::expect_used)] // the helpers of tests are tests too

use proptest::prelude::*;
use rust_core::config::{Bounds, Content, Key, Pair, Position, Problem, ProblemKind, Statement, Value, read_toml};

const BOUNDS: Bounds = Bounds { depth: 8, nodes: 60 };

fn texts() -> impl Strategy<Value = String> {
    let token = prop::sample::select(vec![
        "a",
        "b",
        "'c d'",
        "\"é\"",
        ".",
        " ",
        " = ",
        "=",
        "\n",
        "\r\n",
        "\r",
        "[",
        "]",
        "[[",
        "]]",
        "{",
        "}",
        ",",
        "1",
        "-2.5",
        "true",
        "no",
        "'x'",
        "\"y\"",
        "\"\"\"m\nn\"\"\"",
        "'''",
        "\"",
        "\\",
        "# c\n",
        "1979-05-27",
        "inf",
        "𝄞",
        "\t",
        "\0",
        "{ {} {} x = ",
        "+",
        "_",
    ]);
    prop_oneof![prop::collection::vec(token, 0..40).prop_map(|tokens| tokens.concat()), any::<String>()]
}

fn rest_at(text: &str, at: Position) -> &str {
    let line = text.split('\n').nth(at.line - 1).expect("a line that is there");
    let column = line.char_indices().map(|(index, _)| index).chain([line.len()]).nth(at.column - 1);
    &text[line.as_ptr().addr() - text.as_ptr().addr() + column.expect("a column that is there")..]
}

/// Checks what stands at each position, and counts keys and values.
fn check_keys(text: &str, keys: &[Key]) -> usize {
    for key in keys {
        let rest = rest_at(text, key.at);
        assert!(rest.starts_with(['"', '\'']) || rest.starts_with(&key.text), "{key:?}");
    }
    assert!(!keys.is_empty());
    keys.len()
}

fn check_pair(text: &str, pair: &Pair) -> usize {
    check_keys(text, &pair.keys) + check_value(text, &pair.value)
}

fn check_value(text: &str, value: &Value) -> usize {
    let rest = rest_at(text, value.at);
    let starts = match &value.content {
        Content::Boolean(truth) => rest.starts_with(&truth.to_string()),
        Content::Integer(_) | Content::Float(_) | Content::Moment => {
            rest.starts_with(|sign: char| sign.is_ascii_digit() || "+-in".contains(sign))
        }
        Content::Text(_) => rest.starts_with(['"', '\'']),
        Content::Array(_) => rest.starts_with('['),
        Content::Table(_) => rest.starts_with('{'),
    };
    assert!(starts, "{value:?}");
    let within: usize = match &value.content {
        Content::Array(items) => items.iter().map(|item| check_value(text, item)).sum(),
        Content::Table(pairs) => pairs.iter().map(|pair| check_pair(text, pair)).sum(),
        _ => 0,
    };
    1 + within
}

fn check_statement(text: &str, statement: &Statement) -> usize {
    match statement {
        Statement::Pair(pair) => check_pair(text, pair),
        Statement::Table(header) | Statement::ArrayOfTables(header) => {
            let bracket = if matches!(statement, Statement::Table(_)) { "[" } else { "[[" };
            assert!(rest_at(text, header.at).starts_with(bracket));
            1 + check_keys(text, &header.keys)
        }
    }
}

proptest! {
    #[test]
    fn any_text_ends_in_statements_at_their_places_or_in_problems(text in texts()) {
        match read_toml(&text, BOUNDS) {
            Ok(statements) => {
                let nodes: usize = statements.iter().map(|statement| check_statement(&text, statement)).sum();
                prop_assert!(nodes <= BOUNDS.nodes);
            }
            Err(problems) => {
                prop_assert!(!problems.is_empty());
                for problem in &problems {
                    rest_at(&text, problem.at);
                }
                prop_assert!(problems.windows(2).all(|pair| pair[0].at.line < pair[1].at.line));
            }
        }
    }
}

fn kinds(text: &str) -> Vec<(usize, usize, ProblemKind)> {
    let problems: Vec<Problem> = read_toml(text, BOUNDS).expect_err("a text with problems");
    problems.into_iter().map(|problem| (problem.at.line, problem.at.column, problem.kind)).collect()
}

#[test]
fn a_text_of_brackets_ends_at_the_bound_whatever_the_parser_recovers_from() {
    let deep = 100_000;
    assert_eq!(kinds(&format!("a={}", "[".repeat(deep))), [(1, 11, ProblemKind::Depth)]);
    assert_eq!(kinds(&format!("a={}", "{a=".repeat(deep))), [(1, 27, ProblemKind::Depth)]);
    assert_eq!(kinds(&format!("{}a=1", "a.".repeat(deep))), [(1, 17, ProblemKind::Depth)]);
    assert_eq!(kinds(&format!("[{}a]", "a.".repeat(deep))), [(1, 18, ProblemKind::Depth)]);
    // Brackets that close what was never opened: a count of levels would go down and down.
    let wide = Bounds { depth: 8, nodes: 10_000_000 };
    let recovering = format!("a={}", "{ {} {} {} x = ".repeat(deep));
    assert_eq!(read_toml(&recovering, wide).expect_err("broken")[0].at, Position { line: 1, column: 5 });
}

#[test]
fn more_than_the_bounds_allow_is_told_where_it_begins() {
    assert_eq!(kinds(&format!("a=[{}]", "1,".repeat(100))), [(1, 120, ProblemKind::Nodes)]);
    // Eight a line: four keys, the three tables that they name, and a value.
    assert_eq!(kinds(&"a.b.c.d=1\n".repeat(8)), [(8, 5, ProblemKind::Nodes)]);
    assert_eq!(kinds(&"\n".repeat(10_000)), [(544, 1, ProblemKind::Tokens)]);
}

#[test]
fn a_fault_in_each_line_is_told_until_one_in_brackets() {
    let fault = |line, column, words: &str| (line, column, ProblemKind::Syntax(words.to_owned()));
    assert_eq!(
        kinds("a = x y z\nb = 1\nc = \n[d\n"),
        [fault(1, 5, "a text without quotes"), fault(3, 5, "missing value"), fault(4, 1, "unclosed table")]
    );
    assert_eq!(kinds("a = [\n1, x\ny\n]\nb = z"), [fault(2, 4, "a text without quotes")]);
}

#[test]
fn whole_numbers_have_64_bits_and_any_base() {
    let read = |text: &str| match read_toml(text, BOUNDS).map(|mut statements| statements.pop()) {
        Ok(Some(Statement::Pair(pair))) => Some(pair.value.content),
        _ => None,
    };
    assert_eq!(read("a = -9_223_372_036_854_775_808"), Some(Content::Integer(i64::MIN)));
    assert_eq!(read("a = 0x1F"), Some(Content::Integer(31)));
    assert_eq!(read("a = 0o17"), Some(Content::Integer(15)));
    assert_eq!(read("a = 0b11"), Some(Content::Integer(3)));
    assert_eq!(read("a = +1_0.5e1"), Some(Content::Float(105.0)));
    assert_eq!(read("a = 9223372036854775808"), None);
}
