//! `parse_toml`: statements and problems as tuples.

use pyo3::IntoPyObjectExt;
use pyo3::prelude::*;
use pyo3::types::{PyList, PyTuple};
use rust_core_pure::config::{Bounds, Content, Header, Key, Pair, Problem, ProblemKind, Statement, Value, read_toml};

use crate::convert::Count;

type ProblemTuple = (&'static str, usize, usize, String);

/// The statements of a TOML text in their order, with the position of each key and value; or its problems.
#[pyfunction]
#[pyo3(signature = (text, *, max_depth, max_nodes))]
pub(crate) fn parse_toml<'py>(
    py: Python<'py>,
    text: &str,
    max_depth: Count,
    max_nodes: Count,
) -> PyResult<(Bound<'py, PyList>, Vec<ProblemTuple>)> {
    let bounds = Bounds { depth: max_depth.size().min(DEEPEST), nodes: max_nodes.size() };
    match py.detach(|| read_toml(text, bounds)) {
        Ok(statements) => list(py, statements, statement).map(|statements| (statements, Vec::new())),
        Err(problems) => Ok((PyList::empty(py), problems.into_iter().map(problem).collect())),
    }
}

/// Parser and conversion recurse: a stack holds that many levels for sure.
const DEEPEST: usize = 128;

fn problem(problem: Problem) -> ProblemTuple {
    let (kind, message) = match problem.kind {
        ProblemKind::Syntax(message) => ("syntax", message),
        ProblemKind::Depth => ("depth", String::new()),
        ProblemKind::Nodes => ("nodes", String::new()),
        ProblemKind::Tokens => ("tokens", String::new()),
    };
    (kind, problem.at.line, problem.at.column, message)
}

fn statement(py: Python<'_>, statement: Statement) -> PyResult<Bound<'_, PyAny>> {
    match statement {
        Statement::Table(header) => headed(py, pyo3::intern!(py, "table"), header),
        Statement::ArrayOfTables(header) => headed(py, pyo3::intern!(py, "tables"), header),
        Statement::Pair(Pair { keys, value: given }) => {
            (pyo3::intern!(py, "pair"), list(py, keys, key)?, value(py, given)?).into_bound_py_any(py)
        }
    }
}

fn headed<'py>(py: Python<'py>, kind: impl IntoPyObject<'py>, header: Header) -> PyResult<Bound<'py, PyAny>> {
    (kind, header.at.line, header.at.column, list(py, header.keys, key)?).into_bound_py_any(py)
}

fn key(py: Python<'_>, key: Key) -> PyResult<Bound<'_, PyAny>> {
    (key.text, key.at.line, key.at.column).into_bound_py_any(py)
}

fn pair(py: Python<'_>, pair: Pair) -> PyResult<Bound<'_, PyAny>> {
    (list(py, pair.keys, key)?, value(py, pair.value)?).into_bound_py_any(py)
}

fn value(py: Python<'_>, value: Value) -> PyResult<Bound<'_, PyTuple>> {
    let (kind, content) = match value.content {
        Content::Boolean(truth) => (pyo3::intern!(py, "scalar"), truth.into_bound_py_any(py)?),
        Content::Integer(number) => (pyo3::intern!(py, "scalar"), number.into_bound_py_any(py)?),
        Content::Float(number) => (pyo3::intern!(py, "scalar"), number.into_bound_py_any(py)?),
        Content::Text(text) => (pyo3::intern!(py, "scalar"), text.into_bound_py_any(py)?),
        Content::Moment => (pyo3::intern!(py, "moment"), py.None().into_bound(py)),
        Content::Array(items) => {
            let items = list(py, items, |py, item| self::value(py, item).map(Bound::into_any))?;
            (pyo3::intern!(py, "array"), items.into_any())
        }
        Content::Table(pairs) => (pyo3::intern!(py, "table"), list(py, pairs, pair)?.into_any()),
    };
    (kind, value.at.line, value.at.column, content).into_pyobject(py)
}

fn list<'py, T>(
    py: Python<'py>,
    items: Vec<T>,
    convert: impl Fn(Python<'py>, T) -> PyResult<Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyList>> {
    let list = PyList::empty(py);
    for item in items {
        list.append(convert(py, item)?)?;
    }
    Ok(list)
}
