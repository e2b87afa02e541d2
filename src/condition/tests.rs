use chrono::NaiveDate;
use polars::prelude::*;

use super::*;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn columns() -> Columns {
    let mut columns = Columns::new();
    let severities: Arc<[String]> = ["Low", "Moderate", "Serious", "Immediate"].map(String::from).into();
    columns.set("severity", Kind::Choice(severities));
    columns.set("team", Kind::Text);
    columns.set("told", Kind::Date);
    columns.set("score", Kind::Number);
    columns.set("themes", Kind::Choices(None));
    columns
}

fn frame() -> DataFrame {
    let told: Vec<i32> = ["2026-03-01", "2025-07-14", "2025-07-15", "2026-01-31"]
        .map(|d| crate::dates::to_days(day(d)))
        .into();
    df!(
        "row" => [1u32, 2, 3, 4],
        "practice" => ["A", "A", "A", "B"],
        "severity" => [Some("Serious"), Some("Moderate"), None, Some("Low")],
        "team" => ["Quality", "Quality", "Estates", "Complaints"],
        "told" => told,
        "score" => [Some(10.0), Some(9.99), None, Some(0.0)],
        "themes" => [Some("\u{1f}Access\u{1f}Workforce\u{1f}"), None, Some("\u{1f}Access\u{1f}"), None],
    )
    .unwrap()
    .lazy()
    .with_column(col("told").cast(DataType::Date))
    .collect()
    .unwrap()
}

fn rows(condition: &str) -> Vec<u32> {
    let condition = Condition::truth(condition, &columns(), Scope::Row).unwrap();
    let kept = frame().lazy().filter(condition.expr(day("2026-07-14"))).collect().unwrap();
    kept.column("row").unwrap().u32().unwrap().into_no_null_iter().collect()
}

#[test]
fn conditions_keep_the_rows_they_say() {
    assert_eq!(rows("severity = 'serious'"), [1]);
    assert_eq!(rows("severity <> 'Serious'"), [2, 4], "a missing value is neither equal nor unequal");
    assert_eq!(rows("severity in ('Low', 'Moderate')"), [2, 4]);
    assert_eq!(rows("severity is null or score >= 10"), [1, 3]);
    assert_eq!(rows("not (score < 10)"), [1]);
    assert_eq!(rows("told > as_of - interval '12 months'"), [1, 3, 4]);
    assert_eq!(rows("told + interval '1 month' = '2026-02-28'"), [4], "the 31st saturates");
    assert_eq!(rows("told between '2025-07-14' and DATE '2025-07-15'"), [2, 3]);
    assert_eq!(rows("has(themes, 'Access')"), [1, 3]);
    assert_eq!(rows("position(severity) >= 2"), [1, 2]);
    assert_eq!(rows("team like 'Q%' and team ilike '%LIT%'"), [1, 2]);
    assert_eq!(rows("score / 0 > 1"), [] as [u32; 0]);
    assert_eq!(rows("coalesce(severity, 'Low') = 'Low'"), [3, 4]);
    assert_eq!(rows("not_after(told, '2025-07-14') = told"), [2]);
    assert_eq!(rows("coalesce(not_after(told, DATE '2025-12-31'), as_of) = as_of"), [1, 4]);
}

fn over_rows(text: &str) -> Vec<String> {
    let condition = Condition::new(text, &columns(), Scope::Rows).unwrap();
    let grouped = frame()
        .lazy()
        .group_by_stable([col("practice")])
        .agg([condition.expr(day("2026-07-14")).alias("it")])
        .collect()
        .unwrap();
    let it = grouped.column("it").unwrap();
    (0..it.len()).map(|i| it.get(i).unwrap().to_string()).collect()
}

#[test]
fn expressions_over_the_rows_of_a_practice() {
    assert_eq!(over_rows("count(*)"), ["3.0", "1.0"]);
    assert_eq!(over_rows("count(score)"), ["2.0", "1.0"]);
    assert_eq!(over_rows("count(distinct team)"), ["2.0", "1.0"]);
    assert_eq!(over_rows("sum(score)"), ["19.99", "0.0"]);
    assert_eq!(over_rows("min(told)"), ["2025-07-14", "2026-01-31"]);
    assert_eq!(over_rows("date_reached(told, team, 2)"), ["2025-07-15", "null"]);
    assert_eq!(over_rows("count(distinct team) >= 2"), ["true", "false"]);
}

/// What an operator may stand before, between or behind: `_` is the chain so far.
const CHAINS: &[&str] = &[
    "_ = 1",
    "_ == 1",
    "_ <> 1",
    "_ != 1",
    "_ < 1",
    "_ <= 1",
    "_ > 1",
    "_ >= 1",
    "_ <=> 1",
    "_ + 1",
    "_ - 1",
    "_ * 1",
    "_ / 1",
    "_ % 1",
    "_ || 1",
    "_ ^ 1",
    "_ | 1",
    "_ & 1",
    "_ # 1",
    "_ << 1",
    "_ >> 1",
    "_ && 1",
    "_ ~ 1",
    "_ ~* 1",
    "_ !~ 1",
    "_ ~~ 1",
    "_ !~~* 1",
    "_ ^@ 1",
    "_ -> 1",
    "_ ->> 1",
    "_ #> 1",
    "_ #>> 1",
    "_ #- 1",
    "_ @> 1",
    "_ <@ 1",
    "_ @@ 1",
    "_ @? 1",
    "_ ? 1",
    "_ ?| 1",
    "_ <-> 1",
    "_ @ 1",
    "_ ~= 1",
    "_ := 1",
    "_ = true",
    "_ <> 'a'",
    "_ = severity",
    "_ and true",
    "_ or true",
    "_ xor true",
    "_ and 1",
    "_ div 1",
    "_ is null",
    "_ is not null",
    "_ is true",
    "_ is not false",
    "_ is unknown",
    "_ is distinct from 1",
    "_ is not distinct from 1",
    "_ is normalized",
    "_ isnull",
    "_ notnull",
    "_ between 1 and 2",
    "_ not between 1 and 2",
    "_ in (1)",
    "_ not in (true)",
    "_ like 'a'",
    "_ not ilike 'a'",
    "_ similar to 'a'",
    "_ regexp 'a'",
    "_ rlike 'a'",
    "_ match 'a'",
    "_ glob 'a'",
    "_ like 'a' escape 'b'",
    "_ overlaps 1",
    "_ at time zone 'x'",
    "_ collate x",
    "_::int",
    "_[1]",
    "_.a",
    "_:a",
    "_ operator(+) 1",
    "_ + interval '1 day'",
    "_!",
    "not _",
    "-_",
    "- _",
    "+ _",
    "~_",
    "!_",
    "prior _",
    "interval _",
    "date _",
    "|/ _",
    "@ _",
    "(_)",
    "[_]",
    "{_",
    "(_ ",
    "abs(_)",
    "coalesce(_, 1)",
    "lower(_",
    "exists(_)",
    "cast(_ as int)",
    "any(_)",
    "array[_]",
    "extract(day from _)",
    "case when _ then 1 end",
    "case _ when 1 then 1 end",
    "(select _)",
    "x -> _",
    "_ and (1",
    "1 = _",
    "true or _",
    "1 in (_)",
    "1 between _ and 1",
    "1 = any(_)",
    "a.b.c(_)",
    "struct(_)",
    "map {1: _}",
    "trim(_ from 1)",
    "position(_ in 1)",
    "substring(_ from 1)",
    "ceil(_)",
    "convert(_, int)",
    "_ within group",
    "try_cast(_ as int)",
    "grouping sets(_)",
    "row(_)",
    "tuple(_)",
    "lambda x: _",
    "$1 = _",
    "/* a */ _",
    "-- _",
];

/// The longest chain of these links that is not refused, of 300 at most.
fn chain(links: &[&str], start: &str) -> String {
    let of = |count: usize| {
        let links = links.iter().cycle().take(count);
        links.fold(start.to_owned(), |text, link| link.replacen('_', &text, 1))
    };
    let (mut fits, mut most) = (0_usize, 300_usize);
    while fits < most {
        let count = (fits + most).div_ceil(2);
        if parse::limited(&of(count)).is_ok() { fits = count } else { most = count - 1 }
    }
    of(fits)
}

/// Runs it with so many mebibytes of stack.
fn with_stack<T: Send + 'static>(mebibytes: usize, run: impl FnOnce() -> T + Send + 'static) -> T {
    std::thread::Builder::new().stack_size(mebibytes << 20).spawn(run).unwrap().join().unwrap()
}

/// Checks texts with a quarter of the stack that reading a folder has, faults and all, and evaluates those
/// that are right with half of the stack that a thread usually has.
fn walk(texts: Vec<String>) {
    let right = with_stack(4, move || {
        let mut right = Vec::new();
        for text in texts {
            right.extend([Scope::Row, Scope::Rows].map(|scope| Condition::new(&text, &columns(), scope)));
            let _ = Sentence::new(&format!("{{{text}}}"), &columns());
        }
        right
    });
    with_stack(1, move || {
        for condition in right.into_iter().flatten() {
            let expr = condition.expr(day("2026-07-14"));
            let _ = frame().lazy().select([expr.alias("it")]).collect();
        }
    });
}

#[test]
fn no_chain_of_any_operator_fills_a_stack() {
    for link in CHAINS {
        let mut texts: Vec<String> =
            ["1", "true", "told"].iter().map(|start| chain(&[link], start)).collect();
        let (before, after) = link.split_once('_').unwrap();
        texts.push(format!("{}1{}", before.repeat(3_000), after.repeat(3_000)));
        walk(texts);
    }
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(32))]
    #[test]
    fn no_mixture_of_operators_fills_a_stack(
        links in proptest::collection::vec(proptest::sample::select(CHAINS), 1..8),
        start in proptest::sample::select(&["1", "true", "'a'", "told"][..]),
    ) {
        walk(vec![chain(&links, start)]);
    }
}

#[test]
fn a_long_list_fits_the_stack_of_a_thread() {
    let list = (0..4_000).map(|n| format!("'{n}'")).collect::<Vec<_>>().join(", ");
    assert_eq!(rows(&format!("team in ({list}, 'Quality')")), [1, 2]);
    assert_eq!(rows(&format!("team not in ({list})")), [1, 2, 3, 4]);
    let longest = vec!["severity = 'Low'"; 60].join(" or ");
    assert_eq!(rows(&longest), [4]);
}

fn faults(text: &str, scope: Scope) -> Vec<String> {
    let faults = Condition::truth(text, &columns(), scope).unwrap_err();
    faults.into_iter().map(|f| format!("{} | {}", f.message, f.help.unwrap_or_default())).collect()
}

#[test]
fn faults_are_all_told_and_say_how_to_correct() {
    insta::assert_snapshot!(
        [
            "severty = 'Serious' and scor > 1",
            "severity = 'Seroius'",
            "score = 'ten'",
            "told > '30/06/2026'",
            "severity = \"Serious\"",
            "count(*) > 1",
            "sevrity",
            "score",
            "as_of - interval 'a while' < told",
            "median(score) > 1",
            "themes = 'Access'",
            "score > ",
            "score = null",
            "case when score > 1 then true end",
        ]
        .iter()
        .flat_map(|text| {
            std::iter::once(text.to_string())
                .chain(faults(text, Scope::Row).into_iter().map(|f| format!("    {f}")))
        })
        .collect::<Vec<_>>()
        .join("\n")
    );
}
