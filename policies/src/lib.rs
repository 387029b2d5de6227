//! Who decides: access policies of dapple, one policy one file.
