# TODO(#7): one with an issue
# FIXME: one without
