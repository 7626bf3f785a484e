//! Partial responses: the `fields` parameter. `a.b` keeps only what is named, `-a` leaves out,
//! `+a` adds to what is there, `*` stands for every member.
//!
//! It only ever takes members away from an answer that was complete; it can't bring in what
//! was not there.

use serde_json::{Map, Value};

/// Applies a `fields` parameter to a whole answer, envelope included.
pub fn select(value: &mut Value, fields: &str) {
    let mut only = Tree::default();
    let mut without = Tree::default();
    for field in fields.split(',').map(str::trim).filter(|it| !it.is_empty()) {
        match field.split_at_checked(1) {
            Some(("-", rest)) => without.add(rest),
            // Everything is in the full answer already, so there is nothing to add.
            Some(("+", _)) => {}
            Some(_) | None => only.add(field),
        }
    }
    if !only.is_empty() {
        only.keep(value);
    }
    without.remove(value);
}

/// The dotted paths, as a tree of member names. A leaf means everything below.
#[derive(Default)]
struct Tree(Vec<(String, Tree)>);

impl Tree {
    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn add(&mut self, path: &str) {
        let mut tree = self;
        for name in path.split('.') {
            let at = tree.0.iter().position(|(it, _)| it == name).unwrap_or_else(|| {
                tree.0.push((name.to_owned(), Self::default()));
                tree.0.len() - 1
            });
            let Some((_, below)) = tree.0.get_mut(at) else { return };
            tree = below;
        }
    }

    fn below<'t>(&'t self, name: &str) -> impl Iterator<Item = &'t Self> {
        self.0.iter().filter(move |(it, _)| it == name || it == "*").map(|(_, below)| below)
    }

    fn keep(&self, value: &mut Value) {
        match value {
            Value::Array(items) => items.iter_mut().for_each(|it| self.keep(it)),
            Value::Object(members) => {
                let all = std::mem::take(members);
                *members = all
                    .into_iter()
                    .filter_map(|(name, mut member)| {
                        let mut found = self.below(&name).peekable();
                        found.peek()?;
                        let subtrees: Vec<_> = found.collect();
                        if subtrees.iter().all(|it| !it.is_empty()) {
                            subtrees.iter().for_each(|it| it.keep(&mut member));
                        }
                        Some((name, member))
                    })
                    .collect::<Map<_, _>>();
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }

    fn remove(&self, value: &mut Value) {
        match value {
            Value::Array(items) => items.iter_mut().for_each(|it| self.remove(it)),
            Value::Object(members) => {
                members.retain(|name, member| {
                    let mut stays = true;
                    for below in self.below(name) {
                        if below.is_empty() {
                            stays = false;
                        } else {
                            below.remove(member);
                        }
                    }
                    stays
                });
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn fields_select_from_the_envelope_down() {
        let page = json!({
            "page": 1, "next": "u",
            "values": [{"id": 1, "links": {"self": {"href": "s"}, "html": {"href": "h"}}}],
        });
        for (fields, expected) in [
            ("values.id", json!({"values": [{"id": 1}]})),
            ("values.id,next", json!({"next": "u", "values": [{"id": 1}]})),
            (
                "values.links.*.href,-values.links.html",
                json!({"values": [{"links": {"self": {"href": "s"}}}]}),
            ),
            (
                "-page,-next,-values.links.html",
                json!({"values": [{"id": 1, "links": {"self": {"href": "s"}}}]}),
            ),
            ("+values.participants", page.clone()),
            ("nothing", json!({})),
        ] {
            let mut value = page.clone();
            select(&mut value, fields);
            assert_eq!(value, expected, "{fields}");
        }
    }
}
