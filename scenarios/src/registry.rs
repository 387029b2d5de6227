//! Which policies there are, and how a policy set is built from what a scenario says.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use dapple_simulator::decide::{AccessMode, Decider, Decision, Policies, SourceChoice};
use serde::de::DeserializeOwned;

use crate::file::{PolicySetFile, PolicySpec};
use crate::near::{did_you_mean, listed};
use crate::notation::{compact, ron_options};

/// The parameters of a custom policy, as they are written in the scenario.
///
/// ```
/// use dapple_scenarios::Params;
/// #[derive(serde::Deserialize)]
/// #[serde(deny_unknown_fields)]
/// struct Nearest {
///     alpha: f64,
/// }
/// let params = Params::from_ron("(alpha: 0.3)").expect("this is RON");
/// assert_eq!(params.read::<Nearest>().map(|nearest| nearest.alpha), Ok(0.3));
/// assert!(params.read::<Vec<u32>>().is_err());
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Params(String);

impl Params {
    /// Parameters written as RON.
    ///
    /// # Errors
    /// Where the text is no RON.
    pub fn from_ron(text: &str) -> Result<Self, String> {
        ron::value::RawValue::from_ron(text).map_err(|error| error.to_string())?;
        Ok(Self(text.trim().to_owned()))
    }

    /// The parameters as a type of the policy's own.
    ///
    /// # Errors
    /// Where they do not fit the type: what is wrong and where.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, String> {
        let options = ron_options();
        let mut reader = ron::Deserializer::from_str_with_options(&self.0, &options).map_err(|e| e.to_string())?;
        serde_path_to_error::deserialize(&mut reader).map_err(|error| {
            let path = error.path().to_string();
            if path == "." { error.inner().to_string() } else { format!("{path}: {}", error.inner()) }
        })
    }
}

/// Makes a policy from its parameters.
type Factory<D> = Arc<dyn Fn(&Params) -> Result<Decider<D>, String> + Send + Sync>;

/// The policies of one decision, by the names under which scenarios find them: those with a variant of the language, and those
/// that `Custom` names. Neither hides the other.
struct Registered<D: Decision> {
    built_in: BTreeMap<String, Factory<D>>,
    custom: BTreeMap<String, Factory<D>>,
}

impl<D: Decision> Default for Registered<D> {
    fn default() -> Self {
        Self { built_in: BTreeMap::new(), custom: BTreeMap::new() }
    }
}

impl<D: Decision> Clone for Registered<D> {
    fn clone(&self) -> Self {
        Self { built_in: self.built_in.clone(), custom: self.custom.clone() }
    }
}

/// The policies that scenarios can name, those that dapple brings along and those of a program of its own alike.
///
/// ```
/// use dapple_scenarios::{Params, Registry};
/// use dapple_simulator::decide::Decider;
/// # use dapple_simulator::decide::{Access, AccessMode, AccessQuestion, Policy, View};
/// # use dapple_simulator::rng::PolicyRng;
/// # struct FirstReplica;
/// # impl Policy<AccessMode> for FirstReplica {
/// #     fn decide(&mut self, question: &AccessQuestion, view: &View<'_>, _: &mut PolicyRng) -> Access {
/// #         Access::Remote { source: view.sources(question)[0] }
/// #     }
/// # }
/// // In a scenario: access: Custom(name: "first-replica")
/// let registry = Registry::standard().access("first-replica", |_: &Params| Ok(Decider::policy(FirstReplica)));
/// ```
#[derive(Clone, Default)]
pub struct Registry {
    access: Registered<AccessMode>,
    source: Registered<SourceChoice>,
}

/// Why a policy set cannot be built.
pub(crate) struct PolicySetError {
    /// The decision whose policy is to blame: the field of the policy set.
    pub decision: &'static str,
    /// The field of that policy's specification.
    pub field: Option<&'static str>,
    /// In words.
    pub message: String,
    /// What is allowed.
    pub help: Option<String>,
}

impl Registry {
    /// No policies at all, not even those that dapple brings along.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an access policy that scenarios name with `Custom(name: .., params: ..)`; it replaces an earlier one of that name.
    #[must_use]
    pub fn access<F>(mut self, name: &str, factory: F) -> Self
    where
        F: Fn(&Params) -> Result<Decider<AccessMode>, String> + Send + Sync + 'static,
    {
        self.access.custom.insert(name.to_owned(), Arc::new(factory));
        self
    }

    /// The same for a policy that chooses which replica is copied.
    #[must_use]
    pub fn source<F>(mut self, name: &str, factory: F) -> Self
    where
        F: Fn(&Params) -> Result<Decider<SourceChoice>, String> + Send + Sync + 'static,
    {
        self.source.custom.insert(name.to_owned(), Arc::new(factory));
        self
    }

    /// Adds an access policy with a variant of its own.
    pub(crate) fn built_in_access(
        mut self,
        variant: &str,
        factory: impl Fn(&Params) -> Result<Decider<AccessMode>, String> + Send + Sync + 'static,
    ) -> Self {
        self.access.built_in.insert(variant.to_owned(), Arc::new(factory));
        self
    }

    /// The same for a policy that chooses which replica is copied.
    pub(crate) fn built_in_source(
        mut self,
        variant: &str,
        factory: impl Fn(&Params) -> Result<Decider<SourceChoice>, String> + Send + Sync + 'static,
    ) -> Self {
        self.source.built_in.insert(variant.to_owned(), Arc::new(factory));
        self
    }

    /// Variants that are registered: access policies, source policies.
    #[cfg(test)]
    pub(crate) fn variants(&self) -> (Vec<&str>, Vec<&str>) {
        let (access, source) = (self.access.built_in.keys(), self.source.built_in.keys());
        (access.map(String::as_str).collect(), source.map(String::as_str).collect())
    }

    /// A policy set, each of its policies built once to see that it can be.
    pub(crate) fn policy_set(&self, file: &PolicySetFile) -> Result<PolicySet, PolicySetError> {
        Ok(PolicySet {
            name: file.name.clone(),
            resolved: compact(file),
            may_draw: file.access.may_draw() || file.source.as_ref().is_some_and(PolicySpec::may_draw),
            behaviour: compact(&PolicySetFile { name: String::new(), ..file.clone() }),
            access: Named::find(&self.access, &file.access)?,
            source: file.source.as_ref().map(|spec| Named::find(&self.source, spec)).transpose()?,
        })
    }
}

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (access, source) = (self.access.custom.keys(), self.source.custom.keys());
        f.debug_struct("Registry").field("access", &access).field("source", &source).finish_non_exhaustive()
    }
}

/// A policy as a scenario names it: builds it anew for each run.
struct Named<D: Decision> {
    params: Params,
    factory: Factory<D>,
}

impl<D: Decision> Clone for Named<D> {
    fn clone(&self) -> Self {
        Self { params: self.params.clone(), factory: Arc::clone(&self.factory) }
    }
}

impl<D: Decision> Named<D> {
    fn find(registered: &Registered<D>, spec: &impl PolicySpec) -> Result<Self, PolicySetError> {
        let is_custom = spec.custom().is_some();
        let refused = |field, message, help| PolicySetError {
            decision: D::NAME,
            field: is_custom.then_some(field),
            message,
            help,
        };
        let (name, params) = spec.named();
        let registered = if is_custom { &registered.custom } else { &registered.built_in };
        let Some(factory) = registered.get(&name).cloned() else {
            let (message, help) = unknown_policy(D::NAME, &name, registered.keys().map(String::as_str));
            return Err(refused("name", message, Some(help)));
        };
        let named = Self { params: Params(params), factory };
        named.build().map(|_| ()).map_err(|message| refused("params", message, None))?;
        Ok(named)
    }

    fn build(&self) -> Result<Decider<D>, String> {
        (self.factory)(&self.params)
    }
}

/// One named set of policies of a scenario: builds its policies anew for each run.
#[derive(Clone)]
pub struct PolicySet {
    /// Name in results and plots.
    pub name: String,
    /// The set as RON, defaults filled in, on one line.
    pub resolved: String,
    /// Whether its decisions may depend on the seed.
    pub may_draw: bool,
    behaviour: String,
    access: Named<AccessMode>,
    source: Option<Named<SourceChoice>>,
}

impl PolicySet {
    /// Fresh policies for one run.
    ///
    /// # Errors
    /// Where a policy refuses its parameters.
    pub fn build(&self) -> Result<Policies, String> {
        let source = self.source.as_ref().map(Named::build).transpose()?;
        Ok(Policies { source, ..Policies::new(&self.name, self.access.build()?) })
    }

    /// What the set does, whatever it is called: its RON without its name.
    pub fn behaviour(&self) -> &str {
        &self.behaviour
    }
}

impl fmt::Debug for PolicySet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PolicySet").field("name", &self.name).field("resolved", &self.resolved).finish_non_exhaustive()
    }
}

/// Message and help for a policy that is not registered for a decision.
fn unknown_policy<'r>(
    decision: &str,
    name: &str,
    registered: impl Iterator<Item = &'r str> + Clone,
) -> (String, String) {
    let near = did_you_mean(name, registered.clone());
    (format!("no {decision} policy is registered as `{name}`"), format!("{near}registered: {}", listed(registered)))
}
