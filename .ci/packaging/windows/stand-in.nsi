; Stands in for the program where the real one cannot be built: a window that stays until it is closed. Only for .ci/try-windows.
Unicode true
Target amd64-unicode
Name "stand-in ${VERSION}"
OutFile "${OUT}"
RequestExecutionLevel user
AutoCloseWindow false
Page instfiles
Section
  DetailPrint "${VERSION}"
SectionEnd
