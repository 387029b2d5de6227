//! Which policies there are, and how a policy set is built from what a scenario says.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use dapple_simulator::engine::Policies;
use dapple_simulator::policy::{Access, AccessOutcome, AccessPolicy, AccessRequest, GridView};
use dapple_simulator::rng::PolicyRng;
use serde::de::DeserializeOwned;

use crate::file::{AccessSpec, PolicySetFile, RawRon};
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

type BuiltIn = dyn Fn(&AccessSpec, String) -> Option<Box<dyn AccessPolicy>> + Send + Sync;
type Factory = dyn Fn(&Params) -> Result<Box<dyn AccessPolicy>, String> + Send + Sync;

/// The policies that scenarios can name.
///
/// ```
/// use dapple_scenarios::{Params, Registry};
/// # use dapple_simulator::policy::{Access, AccessPolicy, AccessRequest, GridView};
/// # use dapple_simulator::rng::PolicyRng;
/// # struct FirstReplica;
/// # impl AccessPolicy for FirstReplica {
/// #     fn name(&self) -> &str { "first-replica" }
/// #     fn decide(&mut self, request: &AccessRequest, grid: &GridView<'_>, _: &mut PolicyRng) -> Access {
/// #         Access::Remote { source: grid.sources(request)[0] }
/// #     }
/// # }
/// // In a scenario: access: Custom(name: "first-replica")
/// let registry = Registry::standard().access("first-replica", |_: &Params| Ok(Box::new(FirstReplica)));
/// ```
#[derive(Clone, Default)]
pub struct Registry {
    built_in: Option<Arc<BuiltIn>>,
    custom: BTreeMap<String, Arc<Factory>>,
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

    /// Adds a policy that scenarios name with `Custom(name: .., params: ..)`; it replaces an earlier one of that name.
    #[must_use]
    pub fn access<F>(mut self, name: &str, factory: F) -> Self
    where
        F: Fn(&Params) -> Result<Box<dyn AccessPolicy>, String> + Send + Sync + 'static,
    {
        self.custom.insert(name.to_owned(), Arc::new(factory));
        self
    }

    /// Sets what builds the policies that have variants of their own.
    #[must_use]
    pub(crate) fn with_built_in<F>(mut self, build: F) -> Self
    where
        F: Fn(&AccessSpec, String) -> Option<Box<dyn AccessPolicy>> + Send + Sync + 'static,
    {
        self.built_in = Some(Arc::new(build));
        self
    }

    /// A policy set, built once to see that it can be.
    pub(crate) fn policy_set(&self, file: &PolicySetFile) -> Result<PolicySet, Refused> {
        let resolved = crate::scenario::compact(file);
        let build: Arc<Build> = match &file.access {
            AccessSpec::Custom { name, params } => self.custom(name, params)?,
            spec => {
                let (Some(built_in), spec, name) = (self.built_in.clone(), spec.clone(), file.name.clone()) else {
                    return Err(Refused {
                        field: None,
                        message: "this program brings no built-in policies along".into(),
                        help: None,
                    });
                };
                Arc::new(move || built_in(&spec, name.clone()).ok_or_else(|| "this policy is not built in".into()))
            }
        };
        let set = PolicySet { name: file.name.clone(), resolved, build };
        match set.build() {
            Ok(_) => Ok(set),
            Err(message) => Err(Refused {
                field: matches!(file.access, AccessSpec::Custom { .. }).then_some("params"),
                message,
                help: None,
            }),
        }
    }

    fn custom(&self, name: &str, params: &RawRon) -> Result<Arc<Build>, Refused> {
        let Some(factory) = self.custom.get(name).cloned() else {
            let (message, help) = unknown_policy(name, self.custom.keys().map(String::as_str));
            return Err(Refused { field: Some("name"), message, help: Some(help) });
        };
        let params = Params(params.text().to_owned());
        Ok(Arc::new(move || factory(&params)))
    }
}

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let custom: Vec<&String> = self.custom.keys().collect();
        f.debug_struct("Registry").field("built_in", &self.built_in.is_some()).field("custom", &custom).finish()
    }
}

type Build = dyn Fn() -> Result<Box<dyn AccessPolicy>, String> + Send + Sync;

/// One named set of policies of a scenario: builds its policies anew for each run.
#[derive(Clone)]
pub struct PolicySet {
    /// Name in results and plots.
    pub name: String,
    /// The set as RON, defaults filled in, on one line.
    pub resolved: String,
    build: Arc<Build>,
}

impl PolicySet {
    /// Fresh policies for one run. They go by the name of the set.
    ///
    /// # Errors
    /// Where the policy refuses its parameters.
    pub fn build(&self) -> Result<Policies, String> {
        let inner = (self.build)()?;
        Ok(Policies { access: Box::new(Named { name: self.name.clone(), inner }) })
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

/// A policy under the name of its set, which is unique within a comparison.
struct Named {
    name: String,
    inner: Box<dyn AccessPolicy>,
}

impl AccessPolicy for Named {
    fn name(&self) -> &str {
        &self.name
    }

    fn decide(&mut self, request: &AccessRequest, grid: &GridView<'_>, rng: &mut PolicyRng) -> Access {
        self.inner.decide(request, grid, rng)
    }

    fn observe(&mut self, outcome: &AccessOutcome) {
        self.inner.observe(outcome);
    }
}
