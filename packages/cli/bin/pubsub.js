#!/usr/bin/env node
// In a file that exists before the package is built: npm links a command only if its file is there
import "../dist/bin.js";
