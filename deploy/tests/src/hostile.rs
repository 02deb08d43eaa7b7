//! Records that no honest sender makes.
