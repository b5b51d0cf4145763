//! The model's name, wherever a body has it.

use std::ops::Range;

use super::Envelope;
use super::edits::{Edits, quoted};
use super::rewrite::RewriteError;
use crate::wire::dialect::Dialect;
use crate::wire::json::{Cursor, Invalid, Skip};

/// Requests within a request of Gemini's, each of which may name the model that the path names: it would be refused if it
/// named another one.
const NESTED: [&str; 3] = ["requests", "generateContentRequest", "generate_content_request"];

impl Envelope {
    /// Puts another name in the place of the model's.
    pub(super) fn name_model(&self, body: &[u8], model: &str, edits: &mut Edits) -> Result<(), RewriteError> {
        if self.dialect == Dialect::Gemini {
            return self.name_nested_models(body, model, edits);
        }
        let place = self.model_span.as_ref().ok_or(RewriteError::ForeignBody)?;
        let value = body.get(place.clone()).ok_or(RewriteError::ForeignBody)?;
        if !value.starts_with(b"\"") || !value.ends_with(b"\"") {
            return Err(RewriteError::ForeignBody);
        }
        edits.replace(place, quoted(model));
        Ok(())
    }

    fn name_nested_models(&self, body: &[u8], model: &str, edits: &mut Edits) -> Result<(), RewriteError> {
        let own = self.members.get("model").map(|member| member.value.clone());
        let mut places: Vec<Range<usize>> = own.into_iter().collect();
        for member in NESTED.iter().filter_map(|name| self.members.get(name)) {
            let text = body.get(member.value.clone()).and_then(|value| std::str::from_utf8(value).ok());
            let text = text.ok_or(RewriteError::ForeignBody)?;
            // What is neither an object nor an array of them names none.
            let _ = models_in(&mut Cursor::new(text), &mut |place| {
                places.push(member.value.start + place.start..member.value.start + place.end);
            });
        }
        for place in places {
            let name = body.get(place.clone()).and_then(|value| serde_json::from_slice::<String>(value).ok());
            match name {
                Some(name) if name.starts_with("models/") && !model.contains('/') => {
                    edits.replace(&place, quoted(&format!("models/{model}")));
                }
                Some(_) => edits.replace(&place, quoted(model)),
                None => {}
            }
        }
        Ok(())
    }
}

/// Tells where the values of `model` stand in an object, or in each object of an array.
fn models_in(cursor: &mut Cursor<'_>, found: &mut impl FnMut(Range<usize>)) -> Result<(), Invalid> {
    match cursor.next() {
        Some(b'[') => cursor.elements(|cursor| match cursor.next() {
            Some(b'{') => model_of_object(cursor, found),
            _ => cursor.walk((), &mut Skip).map(drop),
        }),
        Some(b'{') => model_of_object(cursor, found),
        _ => Ok(()),
    }
}

fn model_of_object(cursor: &mut Cursor<'_>, found: &mut impl FnMut(Range<usize>)) -> Result<(), Invalid> {
    cursor.members(|cursor, name| {
        let value = cursor.walk((), &mut Skip)?;
        if name.read().as_deref() == Some("model") {
            found(value);
        }
        Ok(())
    })
}
