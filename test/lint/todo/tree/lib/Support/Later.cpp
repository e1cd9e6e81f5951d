// TODO: handle zero
// TODO(#12): handle one
