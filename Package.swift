// swift-tools-version: 6.2
import PackageDescription

/// Kernels are built for the machine at hand; `scripts/dls` rebuilds when the processor changes.
let native: [SwiftSetting] = [
  .unsafeFlags(["-Xcc", "-march=native"]),
  .treatAllWarnings(as: .error),
]
/// The interpreter runs on one thread: counts of references need no locked instructions there.
let interpreter: [SwiftSetting] = [
  .unsafeFlags([
    "-Xcc", "-march=native", "-enforce-exclusivity=unchecked", "-Xfrontend",
    "-assume-single-threaded",
  ]),
  .treatAllWarnings(as: .error),
]
let nativeC: [CSetting] = [.unsafeFlags(["-march=native"])]

let package = Package(
  name: "dls",
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
  ],
  targets: [
    .executableTarget(name: "dls", dependencies: ["DLSShell"], swiftSettings: native),
    .target(
      name: "DLSShell",
      dependencies: [
        "DLSLibrary", "DLSPlot", "CLineEditor",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: native),
    .target(name: "CLineEditor", linkerSettings: [.linkedLibrary("edit")]),
    .target(
      name: "DLSLibrary",
      dependencies: ["DLSRuntime", "DLSPlot", "CDLSPlugin", "CPNG", "CZlib"],
      swiftSettings: native),
    .target(
      name: "DLSPlot", dependencies: ["GnuplotStream", "CThreadState"], swiftSettings: native),
    .target(
      name: "GnuplotStream",
      linkerSettings: [
        .linkedLibrary("boost_iostreams"), .linkedLibrary("boost_system"),
        .linkedLibrary("boost_filesystem"),
      ]),
    .target(name: "CDLSPlugin"),
    .systemLibrary(name: "CPNG", providers: [.apt(["libpng-dev"])]),
    .systemLibrary(name: "CZlib", providers: [.apt(["zlib1g-dev"])]),
    .target(
      name: "DLSRuntime",
      dependencies: [
        "DLSSyntax", "DLSTensor", "CThreadState",
        .product(name: "OrderedCollections", package: "swift-collections"),
      ],
      swiftSettings: interpreter),
    .target(name: "DLSSyntax", swiftSettings: native),
    .target(
      name: "DLSTensor", dependencies: ["COpenBLAS", "CThreadState"], swiftSettings: native),
    .systemLibrary(name: "COpenBLAS", providers: [.apt(["libopenblas-dev"])]),
    .target(name: "CThreadState", cSettings: nativeC),
    .testTarget(name: "DLSSyntaxTests", dependencies: ["DLSSyntax"], swiftSettings: native),
    .testTarget(name: "DLSTensorTests", dependencies: ["DLSTensor"], swiftSettings: native),
    .testTarget(
      name: "DLSRuntimeTests", dependencies: ["DLSRuntime", "DLSLibrary"], swiftSettings: native),
    .testTarget(
      name: "DLSLibraryTests", dependencies: ["DLSLibrary", "DLSPlot"], swiftSettings: native),
    .testTarget(name: "DLSShellTests", dependencies: ["DLSShell"], swiftSettings: native),
    .testTarget(name: "TidyTests", swiftSettings: native),
  ],
  swiftLanguageModes: [.v6],
  cxxLanguageStandard: .cxx17
)
