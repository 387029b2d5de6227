//! Which policies there are, and how a policy set is built from what a scenario says.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use dapple_simulator::decide::{AccessMode, Decider, Policies};
use serde::de::DeserializeOwned;

use crate::file::{AccessSpec, PolicySetFile};
use crate::validate::unknown_policy;

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
        let options = crate::ron_options();
        let mut reader = ron::Deserializer::from_str_with_options(&self.0, &options).map_err(|e| e.to_string())?;
        serde_path_to_error::deserialize(&mut reader).map_err(|error| {
            let path = error.path().to_string();
            if path == "." { error.inner().to_string() } else { format!("{path}: {}", error.inner()) }
        })
    }
}

type Factory = dyn Fn(&Params) -> Result<Decider<AccessMode>, String> + Send + Sync;

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
    access: BTreeMap<String, Arc<Factory>>,
}

/// Why a policy set cannot be built.
pub(crate) struct Refused {
    /// The field of the access specification that is to blame.
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

    /// Adds an access policy that scenarios name with `Custom(name: .., params: ..)`, or with a variant of its own; it replaces an
    /// earlier one of that name.
    #[must_use]
    pub fn access<F>(mut self, name: &str, factory: F) -> Self
    where
        F: Fn(&Params) -> Result<Decider<AccessMode>, String> + Send + Sync + 'static,
    {
        self.access.insert(name.to_owned(), Arc::new(factory));
        self
    }

    /// A policy set, built once to see that it can be.
    pub(crate) fn policy_set(&self, file: &PolicySetFile) -> Result<PolicySet, Refused> {
        let resolved = crate::scenario::compact(file);
        let is_custom = matches!(file.access, AccessSpec::Custom { .. });
        let (name, params) = file.access.named();
        let Some(factory) = self.access.get(&name).cloned() else {
            let (message, help) = unknown_policy(&name, self.access.keys().map(String::as_str));
            return Err(Refused { field: is_custom.then_some("name"), message, help: Some(help) });
        };
        let set = PolicySet { name: file.name.clone(), resolved, params: Params(params), factory };
        match set.build() {
            Ok(_) => Ok(set),
            Err(message) => Err(Refused { field: is_custom.then_some("params"), message, help: None }),
        }
    }
}

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Registry").field("access", &self.access.keys().collect::<Vec<_>>()).finish()
    }
}

/// One named set of policies of a scenario: builds its policies anew for each run.
#[derive(Clone)]
pub struct PolicySet {
    /// Name in results and plots.
    pub name: String,
    /// The set as RON, defaults filled in, on one line.
    pub resolved: String,
    params: Params,
    factory: Arc<Factory>,
}

impl PolicySet {
    /// Fresh policies for one run.
    ///
    /// # Errors
    /// Where the policy refuses its parameters.
    pub fn build(&self) -> Result<Policies, String> {
        Ok(Policies { name: self.name.clone(), access: (self.factory)(&self.params)? })
    }

    /// What the set does, whatever it is called: its RON without its name.
    pub fn behaviour(&self) -> String {
        let nameless = crate::ron_options().from_str::<PolicySetFile>(&self.resolved).map(|mut set| {
            set.name.clear();
            crate::scenario::compact(&set)
        });
        nameless.unwrap_or_else(|_| self.resolved.clone())
    }
}

impl fmt::Debug for PolicySet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PolicySet").field("name", &self.name).field("resolved", &self.resolved).finish_non_exhaustive()
    }
}
