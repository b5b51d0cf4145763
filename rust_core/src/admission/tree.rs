//! The scopes, and the paths that lead through them.

use std::collections::HashMap;
use std::sync::Arc;

use super::limits::ScopeError;
use super::scope::Scope;

/// The scopes a request passes, each once and ancestors first, by their place in the tree. It never changes, so that what
/// was taken along it is given back along it.
pub(super) type Route = usize;

/// A path resolved once, to be used often. It follows a scope that gets another parent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Path(usize);

/// No path passes more scopes than this, so that the places of those which lack room fit into one word.
pub(super) const MAX_ROUTE: usize = 64;

#[derive(Debug)]
struct NamedPath {
    named: Box<[usize]>,
    route: Route,
}

type Map<K, V> = HashMap<K, V, foldhash::fast::RandomState>;

/// The tree of scopes, with the paths and routes seen so far.
#[derive(Debug, Default)]
pub(super) struct Tree {
    scopes: Vec<Scope>,
    index: Map<Arc<str>, usize>,
    /// Those taken away. One that is defined again has its old place, so that nothing grows.
    removed: Map<Arc<str>, usize>,
    routes: Vec<Arc<[usize]>>,
    route_index: Map<Arc<[usize]>, Route>,
    paths: Vec<NamedPath>,
    path_index: Map<Box<[usize]>, Path>,
    /// The scopes that a path names, while it is looked up; kept only to be reused.
    named: Vec<usize>,
}

impl Tree {
    pub(super) fn scope(&self, at: usize) -> Option<&Scope> {
        self.scopes.get(at)
    }

    pub(super) fn scope_mut(&mut self, at: usize) -> Option<&mut Scope> {
        self.scopes.get_mut(at)
    }

    pub(super) fn scopes(&self) -> &[Scope] {
        &self.scopes
    }

    pub(super) fn lookup(&self, key: &str) -> Option<usize> {
        self.index.get(key).copied()
    }

    pub(super) fn find(&self, key: &str) -> Result<usize, ScopeError> {
        self.lookup(key).ok_or_else(|| ScopeError::Unknown(key.to_owned()))
    }

    pub(super) fn route(&self, route: Route) -> &[usize] {
        self.routes.get(route).map_or(&[], |scopes| scopes)
    }

    /// The scopes of a route, with all the scopes they are places of.
    pub(super) fn route_and_scopes(&mut self, route: Route) -> (&[usize], &mut [Scope]) {
        (self.routes.get(route).map_or(&[], |scopes| scopes), &mut self.scopes)
    }

    /// As [`Self::route`], to be kept while the tree changes.
    pub(super) fn shared_route(&self, route: Route) -> Arc<[usize]> {
        self.routes.get(route).map_or_else(|| Arc::from([]), Arc::clone)
    }

    pub(super) fn current_route(&self, path: Path) -> Route {
        self.paths.get(path.0).map_or(usize::MAX, |path| path.route)
    }

    pub(super) fn leads_somewhere(&self, path: Path) -> bool {
        let stands = |at: &usize| self.scopes.get(*at).is_some_and(|scope| !scope.removed);
        self.paths.get(path.0).is_some_and(|path| path.named.iter().all(stands))
    }

    /// Adds a scope that is not there yet. Where it was once, who passed it then still counts.
    pub(super) fn add(&mut self, mut scope: Scope) -> Result<usize, ScopeError> {
        let (key, at) = (Arc::clone(&scope.key), self.removed.get(&scope.key).copied());
        if let Some(at) = at {
            self.move_below(at, scope.parent)?;
            self.removed.remove(&key);
        }
        let at = at.unwrap_or(self.scopes.len());
        if let Some(place) = self.scopes.get_mut(at) {
            let limit = scope.permits.limit();
            scope.permits = place.permits.clone();
            scope.permits.set_limit(limit);
            *place = scope;
        } else {
            self.scopes.push(scope);
        }
        self.index.insert(key, at);
        Ok(at)
    }

    /// The place of the parent that `key` is to have.
    pub(super) fn parent_for(&self, key: &str, parent: &str) -> Result<usize, ScopeError> {
        let circle = || ScopeError::Circle { key: key.to_owned(), parent: parent.to_owned() };
        if key == parent {
            return Err(circle());
        }
        let missing = || ScopeError::UnknownParent { key: key.to_owned(), parent: parent.to_owned() };
        let at = self.lookup(parent).ok_or_else(missing)?;
        let known = self.lookup(key);
        if known.is_some() && self.ancestors(at).any(|step| known == Some(step)) {
            return Err(circle());
        }
        Ok(at)
    }

    /// Gives a scope another parent. Paths follow; what is on its way keeps the route it took.
    pub(super) fn move_below(&mut self, at: usize, parent: Option<usize>) -> Result<(), ScopeError> {
        let Some(scope) = self.scopes.get_mut(at).filter(|scope| scope.parent != parent) else {
            return Ok(());
        };
        let before = std::mem::replace(&mut scope.parent, parent);
        let paths: Vec<Box<[usize]>> = self.paths.iter().map(|path| path.named.clone()).collect();
        match paths.iter().map(|named| self.route_through(named)).collect::<Result<Vec<Route>, _>>() {
            Ok(routes) => {
                for (path, route) in self.paths.iter_mut().zip(routes) {
                    path.route = route;
                }
                Ok(())
            }
            Err(error) => {
                if let Some(scope) = self.scopes.get_mut(at) {
                    scope.parent = before;
                }
                Err(error)
            }
        }
    }

    /// Takes a scope away: no new path may name it. Who is on his way through it goes on.
    pub(super) fn remove(&mut self, key: &str) -> Result<(), ScopeError> {
        let at = self.find(key)?;
        if let Some(child) = self.scopes.iter().find(|scope| !scope.removed && scope.parent == Some(at)) {
            return Err(ScopeError::HasChildren { key: key.to_owned(), child: child.key.to_string() });
        }
        self.index.remove(key);
        if let Some(scope) = self.scopes.get_mut(at) {
            scope.removed = true;
            self.removed.insert(Arc::clone(&scope.key), at);
        }
        Ok(())
    }

    /// The path through the scopes named and their ancestors.
    pub(super) fn path<'k>(&mut self, keys: impl IntoIterator<Item = &'k str>) -> Result<Path, ScopeError> {
        let mut named = std::mem::take(&mut self.named);
        named.clear();
        let found = keys.into_iter().try_for_each(|key| self.find(key).map(|at| named.push(at)));
        let path = found.and_then(|()| match self.path_index.get(named.as_slice()) {
            Some(path) => Ok(*path),
            None => self.new_path(&named),
        });
        self.named = named;
        path
    }

    fn new_path(&mut self, named: &[usize]) -> Result<Path, ScopeError> {
        let route = self.route_through(named)?;
        let path = Path(self.paths.len());
        self.paths.push(NamedPath { named: named.into(), route });
        self.path_index.insert(named.into(), path);
        Ok(path)
    }

    fn route_through(&mut self, named: &[usize]) -> Result<Route, ScopeError> {
        let mut scopes: Vec<usize> = Vec::with_capacity(named.len());
        for &at in named {
            let start = scopes.len();
            let branch = self.ancestors(at).take_while(|step| !scopes.contains(step));
            let branch: Vec<usize> = branch.collect();
            scopes.extend(branch);
            if let Some(branch) = scopes.get_mut(start..) {
                branch.reverse();
            }
        }
        if scopes.len() > MAX_ROUTE {
            return Err(ScopeError::PathTooLong(scopes.len()));
        }
        if let Some(route) = self.route_index.get(scopes.as_slice()) {
            return Ok(*route);
        }
        let scopes: Arc<[usize]> = scopes.into();
        self.routes.push(Arc::clone(&scopes));
        self.route_index.insert(scopes, self.routes.len() - 1);
        Ok(self.routes.len() - 1)
    }

    /// The scope and all above it.
    fn ancestors(&self, at: usize) -> impl Iterator<Item = usize> {
        std::iter::successors(Some(at), |&step| self.scopes.get(step).and_then(|scope| scope.parent))
    }
}
