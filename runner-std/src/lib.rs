//! stillwire on a desktop.
