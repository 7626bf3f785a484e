//! What every list of this API understands besides pages: `q`, `sort` and `fields`.

use super::{fields, query};
use crate::list::{ListRequest, gather};
use crate::problem::Problem;
use app::{Error, Fields, Page, PageRequest};
use axum::Json;
use serde::Serialize;
use serde_json::Value;
use std::cmp::Ordering;

/// A list that `app` gives page by page: the page that was asked for as it comes, or all of them
/// where they are to be filtered or sorted. `known` are the fields that may be asked about.
pub async fn paged<T, B: Serialize, F: Future<Output = Result<Page<T>, Error>>>(
    list: &ListRequest,
    known: &[&str],
    mut fetch: impl FnMut(PageRequest) -> F,
    body: impl FnMut(T) -> B,
) -> Result<Json<Value>, Problem> {
    if list.is_plain() {
        return page(list, fetch(list.page()).await?.map(body));
    }
    answer(list, gather(fetch).await?.into_iter().map(body), known)
}

/// Filters, sorts and cuts a whole list. `known` are the fields that may be asked about.
pub fn answer<T: Serialize>(
    list: &ListRequest,
    all: impl IntoIterator<Item = T>,
    known: &[&str],
) -> Result<Json<Value>, Problem> {
    let mut values = Vec::new();
    for item in all {
        values.push(to_value(item)?);
    }
    if let Some(text) = list.parameter("q").filter(|it| !it.trim().is_empty()) {
        let filter = query::parse(text, known).map_err(|why| Fields::one("q", why))?;
        values.retain(|it| filter.admits(it));
    }
    if let Some(sort) = list.parameter("sort").filter(|it| !it.is_empty()) {
        let (field, descending) = match sort.strip_prefix('-') {
            Some(field) => (field, true),
            None => (sort, false),
        };
        query::check_field(field, known).map_err(|why| Fields::one("sort", why))?;
        values.sort_by(|a, b| {
            let order = order(at(a, field), at(b, field));
            if descending { order.reverse() } else { order }
        });
    }
    let page = list.answer(list.page().of(values));
    Ok(Json(selected(list, to_value(page)?)))
}

/// A page that was cut already, for lists too long to be gathered without need.
pub fn page<T: Serialize>(list: &ListRequest, page: Page<T>) -> Result<Json<Value>, Problem> {
    one(list, list.answer(page))
}

/// One object, with `fields` applied.
pub fn one<T: Serialize>(list: &ListRequest, body: T) -> Result<Json<Value>, Problem> {
    Ok(Json(selected(list, to_value(body)?)))
}

fn selected(list: &ListRequest, mut value: Value) -> Value {
    if let Some(wanted) = list.parameter("fields") {
        fields::select(&mut value, wanted);
    }
    value
}

fn to_value<T: Serialize>(body: T) -> Result<Value, Problem> {
    serde_json::to_value(body).map_err(|why| {
        Problem(app::Error::internal("the answer cannot be written; nothing was changed", why))
    })
}

fn at<'v>(value: &'v Value, path: &str) -> &'v Value {
    path.split('.').fold(value, |it, name| it.get(name).unwrap_or(&Value::Null))
}

fn order(a: &Value, b: &Value) -> Ordering {
    match (a, b) {
        (Value::String(a), Value::String(b)) => a.cmp(b),
        (Value::Bool(a), Value::Bool(b)) => a.cmp(b),
        (Value::Number(a), Value::Number(b)) => {
            a.as_f64().partial_cmp(&b.as_f64()).unwrap_or(Ordering::Equal)
        }
        (Value::Null, Value::Null) => Ordering::Equal,
        (Value::Null, _) => Ordering::Less,
        (_, Value::Null) => Ordering::Greater,
        _ => Ordering::Equal,
    }
}
