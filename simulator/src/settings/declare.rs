//! The macro that declares settings.

/// Declares a struct or an enum of settings; see [`mod@crate::settings`].
#[macro_export]
macro_rules! settings {
    (
        $(#[doc = $doc:literal])* $(#[derive $derive:tt])*
        pub struct $name:ident $(<$($param:ident = $usual:ty),+>)? $(as $written:literal)? {
            $(
                $(#[doc = $fdoc:literal])* $(#[range($range:expr)])? $(#[names($names:ident)])?
                pub $field:ident: $ty:ty $(= $default:expr)?
            ),* $(,)?
        }
    ) => {
        $(#[doc = $doc])*
        #[derive(Clone, Debug, PartialEq, ::serde::Serialize)]
        $(#[derive $derive])*
        pub struct $name $(<$($param = $usual),+>)? {
            $( $(#[doc = $fdoc])* pub $field: $ty ),*
        }

        $crate::settings! { @default [$name $(<$($param),+>)?] $($field $(= $default)?),* }
        $crate::settings! { @referring [$($($param)+)?] $name { $($field: $ty, [$($names)?]);* } }

        impl $(<$($param: $crate::settings::Setting),+>)? $crate::settings::Documented for $name $(<$($param),+>)? {
            const DOC: $crate::settings::TypeDoc = $crate::settings::TypeDoc {
                name: $crate::settings!(@name $name $($written)?),
                doc: &[$($doc),*],
                shape: $crate::settings::Shape::Struct(&[$(
                    $crate::settings::FieldDoc {
                        name: stringify!($field),
                        kind: <$ty as $crate::settings::Setting>::kind,
                        range: $crate::settings!(@range $($range)?),
                        doc: &[$($fdoc),*],
                    }
                ),*]),
            };
        }

        impl $(<$($param: $crate::settings::Setting),+>)? $crate::settings::Setting for $name $(<$($param),+>)? {
            fn kind() -> $crate::settings::Kind {
                $crate::settings::Kind::Named(<Self as $crate::settings::Documented>::DOC)
            }

            fn read<'de, D: ::serde::Deserializer<'de>>(
                from: D,
                range: $crate::settings::Range,
            ) -> ::core::result::Result<Self, D::Error> {
                let of = ::core::marker::PhantomData;
                from.deserialize_struct(
                    $crate::settings!(@name $name $($written)?),
                    &[$(stringify!($field)),*],
                    $crate::settings::Reader { variant: "", range, of },
                )
            }
        }

        impl $(<$($param: $crate::settings::Setting),+>)? $crate::settings::Declared for $name $(<$($param),+>)? {
            fn from_fields<'de, A: ::serde::de::MapAccess<'de>>(
                _: &str,
                mut map: A,
                whole: $crate::settings::Range,
            ) -> ::core::result::Result<Self, A::Error> {
                $crate::settings! {
                    @fields map whole [Self] { $($field: $ty, [$($default)?], [$($range)?]);* }
                }
            }
        }

        $crate::settings! { @serde [$($($param)+)?] $name }
    };
    (
        $(#[doc = $doc:literal])* $(#[derive $derive:tt])*
        pub enum $name:ident $(<$($param:ident = $usual:ty),+>)? $(as $written:literal)? {
            $(
                $(#[doc = $vdoc:literal])* $(#[default $($is_default:tt)?])? $(#[range($hrange:expr)])? $variant:ident
                $(( $holds:ty ))?
                $({
                    $(
                        $(#[doc = $fdoc:literal])* $(#[range($range:expr)])?
                        $field:ident: $ty:ty $(= $default:expr)?
                    ),* $(,)?
                })?
            ),* $(,)?
        }
    ) => {
        $(#[doc = $doc])*
        #[derive(Clone, Debug, PartialEq, ::serde::Serialize)]
        $(#[derive $derive])*
        pub enum $name $(<$($param = $usual),+>)? {
            $(
                $(#[doc = $vdoc])* $(#[default $($is_default)?])? $variant
                $(( $holds ))?
                $({ $( $(#[doc = $fdoc])* $field: $ty ),* })?
            ),*
        }

        impl $(<$($param: $crate::settings::Setting),+>)? $crate::settings::Documented for $name $(<$($param),+>)? {
            const DOC: $crate::settings::TypeDoc = $crate::settings::TypeDoc {
                name: $crate::settings!(@name $name $($written)?),
                doc: &[$($doc),*],
                shape: $crate::settings::Shape::Enum(&[$(
                    $crate::settings::VariantDoc {
                        name: stringify!($variant),
                        doc: &[$($vdoc),*],
                        holds: $crate::settings!(@holds [$($holds)?] [$($hrange)?]),
                        fields: &[$($(
                            $crate::settings::FieldDoc {
                                name: stringify!($field),
                                kind: <$ty as $crate::settings::Setting>::kind,
                                range: $crate::settings!(@range $($range)?),
                                doc: &[$($fdoc),*],
                            }
                        ),*)?],
                    }
                ),*]),
            };
        }

        impl $(<$($param: $crate::settings::Setting),+>)? $crate::settings::Setting for $name $(<$($param),+>)? {
            fn kind() -> $crate::settings::Kind {
                let doc = <Self as $crate::settings::Documented>::DOC;
                $crate::settings!(@kind doc $($($param)+)?)
            }

            fn read<'de, D: ::serde::Deserializer<'de>>(
                from: D,
                range: $crate::settings::Range,
            ) -> ::core::result::Result<Self, D::Error> {
                let of = ::core::marker::PhantomData;
                from.deserialize_enum(
                    $crate::settings!(@name $name $($written)?),
                    &[$(stringify!($variant)),*],
                    $crate::settings::Reader { variant: "", range, of },
                )
            }
        }

        impl $(<$($param: $crate::settings::Setting),+>)? $crate::settings::Declared for $name $(<$($param),+>)? {
            #[allow(unused_variables, unused_mut, reason = "an enum may have no variant with fields")]
            fn from_fields<'de, A: ::serde::de::MapAccess<'de>>(
                variant: &str,
                mut map: A,
                whole: $crate::settings::Range,
            ) -> ::core::result::Result<Self, A::Error> {
                $($(
                    if variant == stringify!($variant) {
                        return $crate::settings! {
                            @fields map whole [Self::$variant] { $($field: $ty, [$($default)?], [$($range)?]);* }
                        };
                    }
                )?)*
                ::core::result::Result::Err(::serde::de::Error::custom("a choice is expected here"))
            }

            #[allow(unused_variables, reason = "an enum may hold nothing")]
            fn from_choice<'de, A: ::serde::de::EnumAccess<'de>>(
                choice: A,
                whole: $crate::settings::Range,
            ) -> ::core::result::Result<Self, A::Error> {
                use ::serde::de::VariantAccess as _;
                let names = $crate::settings::Name::Variant(&[$(stringify!($variant)),*]);
                let (name, content) = choice.variant_seed(names)?;
                $(
                    if name == stringify!($variant) {
                        return $crate::settings! {
                            @variant content whole $variant [$($holds)?] [$($hrange)?] [$({ $($field)* })?]
                        };
                    }
                )*
                ::core::result::Result::Err(::serde::de::Error::custom("a choice is expected here"))
            }
        }

        $crate::settings! { @serde [$($($param)+)?] $name }
    };

    (@name $name:ident) => { stringify!($name) };
    (@name $name:ident $written:literal) => { $written };
    (@range) => { $crate::settings::Range::Any };
    (@range $range:expr) => {{
        #[allow(clippy::enum_glob_use, reason = "ranges read best by their names alone")]
        use $crate::settings::Range::*;
        $range
    }};
    (@holds [] []) => { ::core::option::Option::None };
    (@holds [$holds:ty] [$($range:expr)?]) => {
        ::core::option::Option::Some((<$holds as $crate::settings::Setting>::kind, $crate::settings!(@range $($range)?)))
    };
    (@kind $doc:ident) => { $crate::settings::Kind::Named($doc) };
    (@kind $doc:ident $param:ident) => {
        $crate::settings::Kind::Of($doc, ::std::boxed::Box::new(<$param as $crate::settings::Setting>::kind()))
    };
    (@default [$name:ident $(<$($param:ident),+>)?] $($field:ident = $default:expr),*) => {
        impl $(<$($param),+>)? ::core::default::Default for $name $(<$($param),+>)? {
            fn default() -> Self {
                Self { $($field: $default),* }
            }
        }
    };
    (@default $($required:tt)*) => {};
    (@referring [] $name:ident { $($fields:tt)* }) => {};
    (@referring $params:tt $name:ident { $($field:ident: $ty:ty, [$($names:ident)?]);* }) => {
        $crate::settings! {
            @resolved $params $name [$($field: $($names)?),*] [$($($names: $ty,)?)*]
        }
    };
    (@resolved [$($param:ident)+] $name:ident [$($field:ident: $($carried:ident)?),*] [$($names:ident: $ty:ty,)*]) => {
        impl<$($param),+> $name<$($param),+> {
            /// The same settings with what their names refer to.
            pub fn referring(of: $name<$($crate::settings!(@text $param)),+>, $($names: $ty),*) -> Self {
                Self { $($field: $crate::settings!(@carried of $field $($carried)?)),* }
            }
        }
    };
    (@text $param:ident) => { ::std::string::String };
    (@carried $of:ident $field:ident) => { $of.$field };
    (@carried $of:ident $field:ident $names:ident) => { $names };
    (@given $field:ident) => { return ::core::result::Result::Err(::serde::de::Error::missing_field(stringify!($field))) };
    (@given $field:ident $default:expr) => { $default };
    (@fields $map:ident $whole:ident [$($make:tt)*]
        { $($field:ident: $ty:ty, [$($default:expr)?], [$($range:expr)?]);* }
    ) => {{
        $( let mut $field: ::core::option::Option<$ty> = ::core::option::Option::None; )*
        let names = $crate::settings::Name::Field(&[$(stringify!($field)),*]);
        while let ::core::option::Option::Some(name) = $map.next_key_seed(names)? {
            $(
                if name == stringify!($field) {
                    if $field.is_some() {
                        return ::core::result::Result::Err(::serde::de::Error::duplicate_field(stringify!($field)));
                    }
                    let range = $crate::settings!(@range $($range)?).or($whole);
                    let seed = $crate::settings::InRange(range, ::core::marker::PhantomData);
                    $field = ::core::option::Option::Some($map.next_value_seed(seed)?);
                }
            )*
        }
        ::core::result::Result::Ok($($make)* {
            $($field: match $field {
                ::core::option::Option::Some(value) => value,
                ::core::option::Option::None => $crate::settings!(@given $field $($default)?),
            }),*
        })
    }};
    (@variant $content:ident $whole:ident $variant:ident [] [] []) => {
        $content.unit_variant().map(|()| Self::$variant)
    };
    (@variant $content:ident $whole:ident $variant:ident [$holds:ty] [$($range:expr)?] []) => {{
        let range = $crate::settings!(@range $($range)?).or($whole);
        let seed = $crate::settings::InRange::<$holds>(range, ::core::marker::PhantomData);
        $content.newtype_variant_seed(seed).map(Self::$variant)
    }};
    (@variant $content:ident $whole:ident $variant:ident [] [] [{ $($field:ident)* }]) => {
        $content.struct_variant(&[$(stringify!($field)),*], $crate::settings::Reader {
            variant: stringify!($variant),
            range: $whole,
            of: ::core::marker::PhantomData,
        })
    };
    (@serde [$($param:ident)*] $name:ident) => {
        impl<'de, $($param: $crate::settings::Setting),*> ::serde::Deserialize<'de> for $name<$($param),*> {
            fn deserialize<D: ::serde::Deserializer<'de>>(from: D) -> ::core::result::Result<Self, D::Error> {
                <Self as $crate::settings::Setting>::read(from, $crate::settings::Range::Any)
            }
        }
    };
}
