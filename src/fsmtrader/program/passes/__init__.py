"""The passes that turn a Spec into a Program, one file each, in the order of `compiler.PASSES`."""
