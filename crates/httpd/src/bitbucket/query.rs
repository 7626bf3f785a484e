//! Bitbucket's query language: the `q` of a list, `full_name ~ "x" AND project.key = "CORE"`.
//!
//! Parsed into [`Filter`] and weighed against the JSON of each value, so that a query can only
//! be about what the caller is shown anyway. It must never see a value that was not going to be
//! in the answer.

use serde_json::Value;

/// A query's text nests at most this deep; more is nobody's honest query.
const DEPTH_MAX: usize = 32;

/// A parsed query.
#[derive(Clone, Debug, PartialEq)]
pub enum Filter {
    And(Vec<Filter>),
    Or(Vec<Filter>),
    /// `field op value`; the field is a dotted path.
    Compare(String, Op, Term),
    /// `field IN (…)`, or `NOT IN` when the flag is set.
    In(String, Vec<Term>, bool),
}

/// A comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
    Equal,
    NotEqual,
    /// `~`: contains, without regard to case.
    Contains,
    ContainsNot,
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
}

/// What a field is compared with.
#[derive(Clone, Debug, PartialEq)]
pub enum Term {
    Text(String),
    /// A number or a date: written without quotes, compared as a number when both sides are.
    Bare(String),
    Bool(bool),
    Null,
}

/// Why a query cannot be read. The message says where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadQuery {
    #[error("expected {expected} at character {at} of the query")]
    Syntax { expected: &'static str, at: usize },
    #[error("the query nests deeper than {DEPTH_MAX} levels")]
    TooDeep,
    #[error("`{0}` cannot be queried here: use one of {1}")]
    UnknownField(String, String),
}

/// Parses a query and checks that it only names `fields`: a listed field covers what is below it.
pub fn parse(text: &str, fields: &[&str]) -> Result<Filter, BadQuery> {
    let mut parser = Parser { text, at: 0 };
    let filter = parser.any_of(0)?;
    parser.skip_space();
    if parser.at < text.len() {
        return Err(parser.expected("AND, OR or the end"));
    }
    filter.check_fields(fields)?;
    Ok(filter)
}

impl Filter {
    /// Is this value in the answer?
    pub fn admits(&self, value: &Value) -> bool {
        match self {
            Self::And(all) => all.iter().all(|it| it.admits(value)),
            Self::Or(any) => any.iter().any(|it| it.admits(value)),
            Self::Compare(field, op, term) => match op {
                Op::NotEqual => !any_at(value, field, &|it| compare(it, Op::Equal, term)),
                Op::ContainsNot => !any_at(value, field, &|it| compare(it, Op::Contains, term)),
                Op::Equal
                | Op::Contains
                | Op::Greater
                | Op::GreaterOrEqual
                | Op::Less
                | Op::LessOrEqual => any_at(value, field, &|it| compare(it, *op, term)),
            },
            Self::In(field, terms, negated) => {
                *negated
                    != any_at(value, field, &|it| {
                        terms.iter().any(|term| compare(it, Op::Equal, term))
                    })
            }
        }
    }

    /// Does it say anything about this field, or what is below it?
    pub fn is_about(&self, field: &str) -> bool {
        match self {
            Self::And(parts) | Self::Or(parts) => parts.iter().any(|it| it.is_about(field)),
            Self::Compare(named, _, _) | Self::In(named, _, _) => {
                check_field(named, &[field]).is_ok()
            }
        }
    }

    /// The text that this field has in every value it admits, if it asks for just one: what a
    /// store can choose by before anything is compared here.
    pub fn demands(&self, field: &str) -> Option<&str> {
        match self {
            Self::And(parts) => parts.iter().find_map(|it| it.demands(field)),
            Self::Compare(named, Op::Equal, Term::Text(text)) if named == field => Some(text),
            Self::Compare(..) | Self::In(..) | Self::Or(_) => None,
        }
    }

    fn check_fields(&self, fields: &[&str]) -> Result<(), BadQuery> {
        match self {
            Self::And(parts) | Self::Or(parts) => {
                parts.iter().try_for_each(|it| it.check_fields(fields))
            }
            Self::Compare(field, _, _) | Self::In(field, _, _) => check_field(field, fields),
        }
    }
}

/// Is `field` one of `fields`, or below one?
pub fn check_field(field: &str, fields: &[&str]) -> Result<(), BadQuery> {
    let known = |it: &&str| {
        field.strip_prefix(*it).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    if fields.iter().any(known) {
        return Ok(());
    }
    Err(BadQuery::UnknownField(field.to_owned(), fields.join(", ")))
}

/// Does the test hold for what stands at a dotted path? Lists are searched; absent is null.
fn any_at(value: &Value, path: &str, test: &dyn Fn(&Value) -> bool) -> bool {
    match value {
        Value::Array(items) => items.iter().any(|it| any_at(it, path, test)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => {
            if path.is_empty() {
                return test(value);
            }
            let (first, rest) = path.split_once('.').unwrap_or((path, ""));
            any_at(value.get(first).unwrap_or(&Value::Null), rest, test)
        }
    }
}

fn compare(value: &Value, op: Op, term: &Term) -> bool {
    let ordered = |order: std::cmp::Ordering| match op {
        Op::Equal => order.is_eq(),
        Op::NotEqual => order.is_ne(),
        Op::Greater => order.is_gt(),
        Op::GreaterOrEqual => order.is_ge(),
        Op::Less => order.is_lt(),
        Op::LessOrEqual => order.is_le(),
        Op::Contains | Op::ContainsNot => false,
    };
    match (value, term) {
        (Value::Null, Term::Null) => ordered(std::cmp::Ordering::Equal),
        (Value::Bool(value), Term::Bool(term)) => ordered(value.cmp(term)),
        (Value::Number(value), Term::Bare(term)) => term
            .parse::<f64>()
            .ok()
            .zip(value.as_f64())
            .and_then(|(term, value)| value.partial_cmp(&term))
            .is_some_and(ordered),
        (Value::String(value), Term::Text(term) | Term::Bare(term)) => match op {
            Op::Contains | Op::ContainsNot => value.to_lowercase().contains(&term.to_lowercase()),
            Op::Equal
            | Op::NotEqual
            | Op::Greater
            | Op::GreaterOrEqual
            | Op::Less
            | Op::LessOrEqual => match (moment(value), moment(term)) {
                (Some(value), Some(term)) => ordered(value.cmp(&term)),
                _ => ordered(value.as_str().cmp(term)),
            },
        },
        _ => false,
    }
}

/// A date, when it is one: `2026-11-22` or `2026-11-22T02:00:00+00:00`.
fn moment(text: &str) -> Option<jiff::Timestamp> {
    text.parse::<jiff::Timestamp>().ok().or_else(|| {
        let day = text.parse::<jiff::civil::Date>().ok()?;
        day.to_zoned(jiff::tz::TimeZone::UTC).ok().map(|it| it.timestamp())
    })
}

struct Parser<'t> {
    text: &'t str,
    at: usize,
}

impl Parser<'_> {
    fn any_of(&mut self, depth: usize) -> Result<Filter, BadQuery> {
        if depth > DEPTH_MAX {
            return Err(BadQuery::TooDeep);
        }
        let mut parts = vec![self.all_of(depth)?];
        while self.word("or") {
            parts.push(self.all_of(depth)?);
        }
        Ok(if parts.len() > 1 { Filter::Or(parts) } else { parts.remove(0) })
    }

    fn all_of(&mut self, depth: usize) -> Result<Filter, BadQuery> {
        let mut parts = vec![self.one(depth)?];
        while self.word("and") {
            parts.push(self.one(depth)?);
        }
        Ok(if parts.len() > 1 { Filter::And(parts) } else { parts.remove(0) })
    }

    fn one(&mut self, depth: usize) -> Result<Filter, BadQuery> {
        if self.symbol("(") {
            let inner = self.any_of(depth + 1)?;
            return if self.symbol(")") { Ok(inner) } else { Err(self.expected("`)`")) };
        }
        let field = self.field()?;
        let negated = self.word("not");
        if self.word("in") {
            return self.list().map(|terms| Filter::In(field, terms, negated));
        }
        if negated {
            return Err(self.expected("IN"));
        }
        let ops = [
            ("!=", Op::NotEqual),
            ("!~", Op::ContainsNot),
            (">=", Op::GreaterOrEqual),
            ("<=", Op::LessOrEqual),
            ("=", Op::Equal),
            ("~", Op::Contains),
            (">", Op::Greater),
            ("<", Op::Less),
        ];
        let op = ops.into_iter().find(|(symbol, _)| self.symbol(symbol));
        let (_, op) = op.ok_or_else(|| self.expected("one of = != ~ !~ > >= < <= IN"))?;
        Ok(Filter::Compare(field, op, self.term()?))
    }

    fn list(&mut self) -> Result<Vec<Term>, BadQuery> {
        if !self.symbol("(") {
            return Err(self.expected("`(`"));
        }
        let mut terms = vec![self.term()?];
        while self.symbol(",") {
            terms.push(self.term()?);
        }
        if self.symbol(")") { Ok(terms) } else { Err(self.expected("`,` or `)`")) }
    }

    fn field(&mut self) -> Result<String, BadQuery> {
        let name = self.bare(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.'));
        let fits = name.starts_with(|c: char| c.is_ascii_alphabetic()) && !name.contains("..");
        if fits { Ok(name.to_owned()) } else { Err(self.expected("the name of a field")) }
    }

    fn term(&mut self) -> Result<Term, BadQuery> {
        self.skip_space();
        if self.rest().starts_with('"') {
            return self.quoted().map(Term::Text);
        }
        let word =
            self.bare(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-' | '+' | ':'));
        match word.to_ascii_lowercase().as_str() {
            "" => Err(self.expected("a value")),
            "null" => Ok(Term::Null),
            "true" => Ok(Term::Bool(true)),
            "false" => Ok(Term::Bool(false)),
            _ => Ok(Term::Bare(word.to_owned())),
        }
    }

    fn quoted(&mut self) -> Result<String, BadQuery> {
        let mut text = String::new();
        let mut escaped = false;
        for (at, c) in self.rest().char_indices().skip(1) {
            match c {
                _ if escaped => {
                    text.push(c);
                    escaped = false;
                }
                '\\' => escaped = true,
                '"' => {
                    self.at += at + 1;
                    return Ok(text);
                }
                _ => text.push(c),
            }
        }
        self.at = self.text.len();
        Err(self.expected("a closing quote"))
    }

    /// Takes the longest run of the characters wanted. May be empty.
    fn bare(&mut self, wanted: impl Fn(char) -> bool) -> &str {
        self.skip_space();
        let start = self.at;
        let rest = self.rest();
        self.at += rest.find(|c| !wanted(c)).unwrap_or(rest.len());
        self.text.get(start..self.at).unwrap_or_default()
    }

    fn symbol(&mut self, symbol: &str) -> bool {
        self.skip_space();
        let here = self.rest().starts_with(symbol);
        if here {
            self.at += symbol.len();
        }
        here
    }

    /// Takes a keyword in either case, if it stands here as a word of its own.
    fn word(&mut self, word: &str) -> bool {
        self.skip_space();
        let rest = self.rest();
        let here = rest.get(..word.len()).is_some_and(|it| it.eq_ignore_ascii_case(word))
            && !rest
                .get(word.len()..)
                .is_some_and(|it| it.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_'));
        if here {
            self.at += word.len();
        }
        here
    }

    fn skip_space(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start().len();
    }

    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn expected(&self, expected: &'static str) -> BadQuery {
        let before = self.text.get(..self.at).unwrap_or(self.text);
        BadQuery::Syntax { expected, at: before.chars().count() + 1 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const FIELDS: &[&str] =
        &["name", "full_name", "project", "user", "updated_on", "size", "is_private", "parent"];

    fn answer(query: &str) -> String {
        let value = json!({
            "name": "develop", "full_name": "acme/Site", "project": {"key": "CORE"},
            "user": [{"uuid": "{1}", "nickname": "ann"}, {"uuid": "{2}", "nickname": "bea"}],
            "updated_on": "2026-11-22T02:00:00.5+00:00", "size": 42, "is_private": true,
            "parent": null,
        });
        match parse(query, FIELDS) {
            Ok(filter) => filter.admits(&value).to_string(),
            Err(bad) => bad.to_string(),
        }
    }

    #[test]
    fn queries_real_clients_send_are_understood() {
        for (query, expected) in [
            (r#"full_name ~ "site""#, "true"),
            (r#"name~"DEV""#, "true"),
            (r#"name !~ "dev""#, "false"),
            (r#"project.key="CORE""#, "true"),
            (r#"project.key = "OTHER""#, "false"),
            (r#"user.uuid="{2}""#, "true"),
            (r#"user.nickname="cat""#, "false"),
            (r#"user.nickname != "cat""#, "true"),
            (r#"updated_on > "2026-01-01""#, "true"),
            ("updated_on >= 2026-11-22T03:00:00+01:00", "true"),
            ("updated_on < 2026-11-22T02:00:00Z", "false"),
            ("size>41 and size<=42", "true"),
            ("size > 42 OR is_private = false", "false"),
            (r#"(size > 42 or is_private=TRUE) AND name = "develop""#, "true"),
            (r#"project.key IN ("A", "CORE")"#, "true"),
            (r#"project.key not in ("A", "CORE")"#, "false"),
            ("parent = null", "true"),
            ("parent != null", "false"),
            (r#"name = "a\"b""#, "false"),
        ] {
            assert_eq!(answer(query), expected, "{query}");
        }
    }

    #[test]
    fn what_cannot_be_read_says_where() {
        for (query, expected) in [
            ("", "expected the name of a field at character 1 of the query"),
            ("name", "expected one of = != ~ !~ > >= < <= IN at character 5 of the query"),
            ("name =", "expected a value at character 7 of the query"),
            (r#"name = "x"#, "expected a closing quote at character 10 of the query"),
            (r#"name = "x" name"#, "expected AND, OR or the end at character 12 of the query"),
            (r#"(name = "x""#, "expected `)` at character 12 of the query"),
            ("name not = 1", "expected IN at character 10 of the query"),
            ("name in ()", "expected a value at character 10 of the query"),
            (
                r#"secret = "x""#,
                "`secret` cannot be queried here: use one of name, full_name, project, user, \
                 updated_on, size, is_private, parent",
            ),
        ] {
            assert_eq!(answer(query), expected, "{query}");
        }
        assert_eq!(parse(&"(".repeat(4000), FIELDS), Err(BadQuery::TooDeep));
    }
}
