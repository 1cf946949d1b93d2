// The program: hands its arguments to the shell.

import DLSShell

Command.main(Array(CommandLine.arguments.dropFirst()))
