//! Typed values in and out of a request, and the comparison of two requests.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value as Json};

use crate::request::arguments::key_at;
use crate::request::operation::Operation;
use crate::request::resource::Resource;
use crate::request::{Request, RequestError, check_audience};
use crate::text::json::JsonError;

impl Request {
    /// Creates a call without arguments from parts that were parsed before, such as a
    /// [`Resource::from_segments`].
    ///
    /// # Errors
    ///
    /// [`RequestError::Audience`].
    pub fn of(
        operation: Operation,
        resource: Resource,
        audience: &str,
    ) -> Result<Self, RequestError> {
        check_audience(audience)?;
        Self::build(operation, resource, audience.to_owned(), Map::new(), Map::new())
    }

    /// Creates the request of a call of a tool, as in the Model Context Protocol: the operation is
    /// `tools/call`, the resource is the tool's name, and the arguments are the JSON object `args`.
    /// No arguments, and `null`, are the empty object.
    ///
    /// No table maps tools to operations, so both sides of a call build the same request.
    ///
    /// ```
    /// # use deputize::{Capability, Request};
    /// let call = Request::call("read_file", Some(r#"{"path": "/srv/a"}"#), "fs.acme.com")?;
    /// let granted: Capability = "tools/call read_file path:subpath=/srv".parse()?;
    /// assert!(granted.permits(&call));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`RequestError`] for a name that is not a resource, or for arguments that
    /// [`with_args`](Self::with_args) refuses.
    pub fn call(tool: &str, args: Option<&str>, audience: &str) -> Result<Self, RequestError> {
        let call = Self::new("tools/call", tool, audience)?;
        match args.map(str::trim_ascii) {
            None | Some("null") => Ok(call),
            Some(args) => call.with_args(args),
        }
    }

    /// Sets the arguments to the fields of a value that serialises to a JSON object.
    ///
    /// ```
    /// # use deputize::{Request, RequestError, Value};
    /// #[derive(serde::Serialize, serde::Deserialize, PartialEq, Debug)]
    /// struct Read { limit: i64 }
    ///
    /// let request = Request::new("crm.read", "accounts/42", "crm.acme.com")?
    ///     .with_args_of(&Read { limit: 5 })?;
    /// assert_eq!(request.arg("limit")?, Some(&Value::Integer(5)));
    /// assert_eq!(request.args_as::<Read>()?, Read { limit: 5 });
    /// # Ok::<(), RequestError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`with_args`](Self::with_args). A float that is not finite becomes `null`, as everywhere
    /// in `serde_json`.
    pub fn with_args_of(self, args: &(impl Serialize + ?Sized)) -> Result<Self, RequestError> {
        let text = serde_json::to_string(args).map_err(|e| RequestError::Json(e.into()))?;
        self.with_args(&text)
    }

    /// Deserialises the arguments, so that the service executes the call that was decided about.
    ///
    /// # Errors
    ///
    /// [`RequestError::Json`] if the type does not accept them. It should deny unknown fields: a
    /// field that it skips would be permitted and not carried out.
    pub fn args_as<T: DeserializeOwned>(&self) -> Result<T, RequestError> {
        let args = Json::Object(self.args.clone());
        serde_json::from_value(args).map_err(|e| RequestError::Json(JsonError::from(e)))
    }

    /// Removes arguments that are `null`, also inside objects. Models often send `null` for an
    /// argument that is not set. Both sides of a call must do so, or neither.
    ///
    /// # Errors
    ///
    /// No error can occur, because the arguments were checked before.
    pub fn without_nulls(self) -> Result<Self, RequestError> {
        let mut args = self.args;
        remove_nulls(&mut args);
        Self::build(self.operation, self.resource, self.audience, args, self.context)
    }

    /// Replaces the text of one argument, or of each element if it is a list; other values stay. The
    /// name is that by which capabilities limit it, such as `path` or `/files/*/path`. `change`
    /// returns `None` for a text that stays.
    ///
    /// A client that repairs what a model wrote does so before it presents the call. A service
    /// changes nothing.
    ///
    /// ```
    /// # use deputize::Request;
    /// let call = Request::call("move", Some(r#"{"files": [{"path": "a"}, {"path": "/b"}]}"#), "fs")?;
    /// let call = call.with_texts("/files/*/path", |path| {
    ///     (!path.starts_with('/')).then(|| format!("/srv/{path}"))
    /// })?;
    /// assert_eq!(call.args()["files"], serde_json::json!([{"path": "/srv/a"}, {"path": "/b"}]));
    /// # Ok::<(), deputize::RequestError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`with_args`](Self::with_args), if the arguments become too large.
    pub fn with_texts(
        self,
        name: &str,
        mut change: impl FnMut(&str) -> Option<String>,
    ) -> Result<Self, RequestError> {
        let mut args = self.args;
        match name.strip_prefix('/') {
            Some(steps) => {
                let mut steps = steps.split('/');
                let top = steps.next().and_then(|own| args.get_mut(&key_at(own)));
                if let Some(top) = top {
                    replace_texts(top, steps, &mut change);
                }
            }
            None => {
                if let Some(value) = args.get_mut(name) {
                    replace_texts(value, "".split_terminator('/'), &mut change);
                }
            }
        }
        Self::build(self.operation, self.resource, self.audience, args, self.context)
    }

    /// Returns the canonical JSON (RFC 8785) whose SHA-256 is the [`digest`](Self::digest), to
    /// compare the requests that two sides built.
    pub fn canonical_json(&self) -> String {
        let mut members = Map::new();
        members.insert("args".to_owned(), Json::Object(self.args.clone()));
        members.insert("audience".to_owned(), self.audience.as_str().into());
        if !self.context.is_empty() {
            members.insert("context".to_owned(), Json::Object(self.context.clone()));
        }
        members.insert("operation".to_owned(), self.operation.as_str().into());
        members.insert("resource".to_owned(), self.resource.as_str().into());
        // The digest was computed from the same, so this cannot fail.
        serde_json_canonicalizer::to_string(&members).unwrap_or_default()
    }

    /// Returns the members in which two requests differ, each as a JSON Pointer into the [canonical
    /// JSON](Self::canonical_json), such as `/resource` or `/args/limit`. The result is empty
    /// exactly if the digests are equal.
    pub fn differences(&self, other: &Self) -> Vec<String> {
        let mut found = Vec::new();
        let texts = [
            ("/audience", self.audience == other.audience),
            ("/operation", self.operation == other.operation),
            ("/resource", self.resource == other.resource),
        ];
        compare_objects("/args", &self.args, &other.args, &mut found);
        compare_objects("/context", &self.context, &other.context, &mut found);
        found.extend(texts.into_iter().filter(|(_, same)| !same).map(|(name, _)| name.to_owned()));
        found
    }
}

fn remove_nulls(members: &mut Map<String, Json>) {
    members.retain(|_, value| !value.is_null());
    for value in members.values_mut() {
        if let Json::Object(inner) = value {
            remove_nulls(inner);
        }
    }
}

/// Replaces the texts at the end of these steps. Depth is bounded by that of arguments.
fn replace_texts<'n>(
    json: &mut Json,
    mut steps: impl Iterator<Item = &'n str> + Clone,
    change: &mut impl FnMut(&str) -> Option<String>,
) {
    match (steps.next(), json) {
        (None, Json::String(text)) => {
            if let Some(changed) = change(text) {
                *text = changed;
            }
        }
        (None, Json::Array(items)) => {
            for item in items.iter_mut().filter(|own| own.is_string()) {
                replace_texts(item, steps.clone(), change);
            }
        }
        (Some("*"), Json::Array(items)) => {
            items.iter_mut().for_each(|item| replace_texts(item, steps.clone(), change));
        }
        (Some(step), Json::Object(members)) => {
            if let Some(member) = members.get_mut(&key_at(step)) {
                replace_texts(member, steps, change);
            }
        }
        _ => {}
    }
}

/// Depth is bounded by that of arguments.
fn compare_objects(
    path: &str,
    one: &Map<String, Json>,
    other: &Map<String, Json>,
    found: &mut Vec<String>,
) {
    let pointer = |name: &str| format!("{path}/{}", name.replace('~', "~0").replace('/', "~1"));
    for (name, value) in one {
        match (value, other.get(name)) {
            (Json::Object(value), Some(Json::Object(others))) => {
                compare_objects(&pointer(name), value, others, found);
            }
            (value, Some(others)) if is_same(value, others) => {}
            _ => found.push(pointer(name)),
        }
    }
    found.extend(other.keys().filter(|name| !one.contains_key(*name)).map(|name| pointer(name)));
}

/// Compares as the digest does: the canonical JSON of both.
fn is_same(one: &Json, other: &Json) -> bool {
    let canonical = serde_json_canonicalizer::to_vec;
    match (canonical(one), canonical(other)) {
        (Ok(one), Ok(other)) => one == other,
        _ => false,
    }
}
