// Documents that act: macros that start by themselves, templates and objects that are fetched,
// formulas that start programs. A nurse opens an invitation; none of these belongs in one.

rule Document_Macro_Starts_Program : document suspicious
{
    meta:
        reason = "a document whose macro runs when it is opened and starts a program"
        attack = "T1204.002"
    strings:
        $auto1 = "AutoOpen" nocase
        $auto2 = "Auto_Open" nocase
        $auto3 = "Document_Open" nocase
        $auto4 = "Workbook_Open" nocase
        $auto5 = "AutoExec" nocase
        $auto6 = "Document_Close" nocase
        $auto7 = "AutoClose" nocase
        $start1 = "WScript.Shell" nocase
        $start2 = "Shell.Application" nocase
        $start3 = "ShellExecute" nocase
        $start4 = "powershell" nocase
        $start5 = "cmd.exe" nocase
        $start6 = "cmd /c" nocase
        $start7 = "Win32_Process" nocase
        $start8 = "mshta" nocase
        $start9 = "rundll32" nocase
        $start10 = "regsvr32" nocase
        $start11 = "URLDownloadToFile" nocase
        $vba1 = "Attribut"
        $vba2 = "VBAProject" nocase
        $vba3 = "_VBA_PROJECT" wide
    condition:
        uint32be(0) == 0xd0cf11e0 and filesize < 20MB and any of ($vba*) and any of ($auto*) and
        any of ($start*)
}

rule Document_Macro_Source_Downloads : document suspicious
{
    meta:
        reason = "macro source that runs when its document is opened, fetches a file and starts it"
        attack = "T1204.002"
    strings:
        $auto1 = "Sub AutoOpen" nocase
        $auto2 = "Sub Auto_Open" nocase
        $auto3 = "Sub Document_Open" nocase
        $auto4 = "Sub Workbook_Open" nocase
        $get1 = "URLDownloadToFile" nocase
        $get2 = "MSXML2.XMLHTTP" nocase
        $get3 = "WinHttp.WinHttpRequest" nocase
        $get4 = "Net.WebClient" nocase
        $get5 = "bitsadmin" nocase
        $get6 = "certutil" nocase
        $run1 = "Shell(" nocase
        $run2 = "Shell " nocase
        $run3 = "WScript.Shell" nocase
        $run4 = "ShellExecute" nocase
        $run5 = "CreateObject(" nocase
    condition:
        filesize < 2MB and any of ($auto*) and any of ($get*) and any of ($run*) and
        not uint16(0) == 0x5a4d and not uint32be(0) == 0xd0cf11e0
}

rule Document_Excel4_Macro : document suspicious
{
    meta:
        reason = "a workbook with old-style macros in a hidden sheet that start by themselves"
        attack = "T1059"
    strings:
        // BOUNDSHEET records of a macro sheet that is hidden or very hidden ([MS-XLS] 2.4.28).
        $hidden = { 85 00 ?? 00 ?? ?? ?? ?? 01 01 }
        $very = { 85 00 ?? 00 ?? ?? ?? ?? 02 01 }
        // LBL record with the built-in name Auto_Open (index 1), [MS-XLS] 2.4.150.
        $auto = { 18 00 ?? 00 20 00 00 01 ?? 00 00 00 ?? ?? 00 00 00 00 00 01 }
        $auto_name = "Auto_Open" nocase
    condition:
        uint32be(0) == 0xd0cf11e0 and any of ($hidden, $very) and any of ($auto, $auto_name)
}

rule Document_DDE : document suspicious
{
    meta:
        reason = "a document with a field that starts a program when fields are updated"
        attack = "T1559.002"
    strings:
        $dde1 = "DDEAUTO" nocase
        $dde2 = "DDE " fullword
        $cmd1 = "cmd.exe" nocase
        $cmd2 = "powershell" nocase
        $cmd3 = "mshta" nocase
        $cmd4 = "regsvr32" nocase
        $cmd5 = "certutil" nocase
        $field1 = "w:instrText" nocase
        $field2 = "w:fldSimple" nocase
        $field3 = "\\fldinst" nocase
        $field4 = "ddeLink" nocase
    condition:
        filesize < 20MB and any of ($field*) and any of ($dde*, $field4) and any of ($cmd*)
}

rule Document_Sheet_Formula_Starts_Program : document suspicious
{
    meta:
        reason = "a table of text in which a cell starts a program when it is opened in a spreadsheet"
        attack = "T1559.002"
    strings:
        $cell1 = "=cmd|'" nocase
        $cell2 = "+cmd|'" nocase
        $cell3 = "@SUM(cmd|'" nocase
        $cell4 = "=MSEXCEL|'" nocase
        $cell5 = "-cmd|'" nocase
        $cell6 = "=rundll32|'" nocase
        $c = " /C " nocase
    condition:
        filesize < 2MB and any of ($cell*) and ($c or $cell4) and not uint16(0) == 0x5a4d
}

rule Document_Remote_Template : document suspicious
{
    meta:
        reason = "a part of a document that fetches a template from the net when it is opened"
        attack = "T1221"
    strings:
        $relations = "schemas.openxmlformats.org/package/2006/relationships"
        $template = "relationships/attachedTemplate" nocase
        $external = "TargetMode=\"External\"" nocase
        $http1 = "Target=\"http://" nocase
        $http2 = "Target=\"https://" nocase
        $http3 = "Target=\"\\\\" nocase
        $http4 = "Target=\"file://" nocase
    condition:
        filesize < 64KB and $relations and $template and $external and any of ($http*)
}

rule Document_Remote_Object : document suspicious
{
    meta:
        reason = "a part of a document that fetches an object or page from the net when it is opened, as CVE-2021-40444 and CVE-2022-30190 do"
        attack = "T1203"
    strings:
        $relations = "schemas.openxmlformats.org/package/2006/relationships"
        $object = "relationships/oleObject" nocase
        $frame = "relationships/frame" nocase
        $external = "TargetMode=\"External\"" nocase
        $mhtml = "mhtml:http" nocase
        $html1 = ".html!\"" nocase
        $html2 = "!x-usc:" nocase
        $http1 = "Target=\"http://" nocase
        $http2 = "Target=\"https://" nocase
    condition:
        filesize < 64KB and $relations and $external and
        ($mhtml or $html1 or $html2 or ($object and any of ($http*)) or ($frame and any of ($http*)))
}

rule Document_Msdt : document
{
    meta:
        reason = "a page that starts commands through the troubleshooting tool of Windows (CVE-2022-30190)"
        attack = "T1203"
    strings:
        $msdt = "ms-msdt:" nocase
        $id = "PCWDiagnostic" nocase
        $run1 = "IT_BrowseForFile" nocase
        $run2 = "IT_RebrowseForFile" nocase
        $run3 = "IT_LaunchMethod" nocase
    condition:
        filesize < 4MB and $msdt and $id and any of ($run*)
}

rule Document_RTF_Equation : document
{
    meta:
        reason = "a text document with an object for the equation editor, whose flaw (CVE-2017-11882) still opens machines"
        attack = "T1203"
    strings:
        $rtf = "{\\rt"
        $data1 = "\\objdata" nocase
        $data2 = "\\objupdate" nocase
        $class1 = "Equation.3" nocase
        $class2 = "4571756174696f6e2e33" nocase
        $clsid1 = "02ce020000000000c000000000000046" nocase
        $clsid2 = "0002CE02-0000-0000-C000-000000000046" nocase
    condition:
        $rtf at 0 and filesize < 20MB and any of ($data*) and any of ($class*, $clsid*)
}

rule Document_RTF_Carries_Program : document suspicious
{
    meta:
        reason = "a text document with a packed object that holds a program or script"
        attack = "T1204.002"
    strings:
        $rtf = "{\\rt"
        $data = "\\objdata" nocase
        $package1 = "5061636b61676500" nocase
        $mz = "4d5a9000" nocase
        $exe = "2e65786500" nocase
        $vbs = "2e76627300" nocase
        $js = "2e6a7300" nocase
        $ps1 = "2e70733100" nocase
        $hta = "2e68746100" nocase
        $bat = "2e62617400" nocase
        $sct = "2e73637400" nocase
    condition:
        $rtf at 0 and $data and (($package1 and any of ($exe, $vbs, $js, $ps1, $hta, $bat, $sct)) or $mz)
}

rule Document_RTF_Link : document suspicious
{
    meta:
        reason = "a text document with an object that is fetched from the net as soon as it is opened (CVE-2017-0199)"
        attack = "T1203"
    strings:
        $rtf = "{\\rt"
        $update = "\\objupdate" nocase
        $link = "\\objautlink" nocase
        // the class of a URL moniker, in hexadecimal
        $moniker = "e0c9ea79f9bace118c8200aa004ba90b" nocase
        $http = "68007400740070003a002f002f00" nocase
        $http2 = "680074007400700073003a002f002f00" nocase
    condition:
        $rtf at 0 and ($moniker and ($update or $link or any of ($http, $http2)))
}

rule Document_PDF_Launches : document suspicious
{
    meta:
        reason = "a PDF that starts a program of the machine when it is opened"
        attack = "T1204.002"
    strings:
        $pdf = "%PDF-"
        $launch = "/Launch"
        $open1 = "/OpenAction"
        $open2 = "/AA"
        $what1 = "cmd.exe" nocase
        $what2 = "powershell" nocase
        $what3 = "/Win"
        $what4 = "mshta" nocase
        $what5 = ".exe" nocase
        $what6 = ".bat" nocase
    condition:
        $pdf in (0..1024) and $launch and any of ($open*) and any of ($what*)
}

rule Document_PDF_Script_Drops_File : document suspicious
{
    meta:
        reason = "a PDF whose script opens a file that is packed inside it"
        attack = "T1204.002"
    strings:
        $pdf = "%PDF-"
        $embed = "/EmbeddedFile"
        $export = "exportDataObject" nocase
        $launch = "nLaunch" nocase
        $type1 = ".docm" nocase
        $type2 = ".exe" nocase
        $type3 = ".vbs" nocase
        $type4 = ".js)" nocase
        $type5 = ".hta" nocase
        $type6 = ".xlsm" nocase
    condition:
        $pdf in (0..1024) and $embed and $export and ($launch or any of ($type*))
}

rule Document_OneNote_Carries_Program : document suspicious
{
    meta:
        reason = "a notebook page with a program or script in it, behind a picture that asks for a click"
        attack = "T1204.002"
    strings:
        // FileDataStoreObject, [MS-ONESTORE] 2.6.13
        $store = { e7 16 e3 bd 65 26 11 45 a4 c4 8d 4d 0b 7a 9e ac }
        $name1 = ".hta" wide nocase
        $name2 = ".cmd" wide nocase
        $name3 = ".bat" wide nocase
        $name4 = ".vbs" wide nocase
        $name5 = ".wsf" wide nocase
        $name6 = ".ps1" wide nocase
        $name7 = ".js" wide fullword nocase
        $name8 = ".exe" wide nocase
        $inside1 = "<script" nocase
        $inside2 = "powershell" nocase
        $inside3 = "WScript.Shell" nocase
        $inside4 = "@echo off" nocase
        $inside5 = "This program cannot be run in DOS mode"
    condition:
        uint32be(0) == 0xe4525c7b and $store and (any of ($inside*) or any of ($name*))
}

rule Document_Shortcut_Starts_Interpreter : document suspicious
{
    meta:
        reason = "a shortcut that starts a command interpreter with a long or hidden command"
        attack = "T1204.002"
    strings:
        $what1 = "powershell" nocase ascii wide
        $what2 = "cmd.exe" nocase ascii wide
        $what3 = "mshta" nocase ascii wide
        $what4 = "wscript" nocase ascii wide
        $what5 = "rundll32" nocase ascii wide
        $what6 = "certutil" nocase ascii wide
        $how1 = "http" nocase ascii wide
        $how2 = "-enc" nocase ascii wide
        $how3 = "hidden" nocase ascii wide
        $how4 = "DownloadString" nocase ascii wide
        $how5 = "/c start" nocase ascii wide
        $how6 = "FromBase64String" nocase ascii wide
        $how7 = "%temp%" nocase ascii wide
        $how8 = "bypass" nocase ascii wide
    condition:
        uint32(0) == 0x0000004c and uint32(4) == 0x00021401 and filesize < 1MB and
        any of ($what*) and any of ($how*)
}

rule Document_Shortcut_Large : document suspicious
{
    meta:
        reason = "a shortcut that carries a program or archive inside"
        attack = "T1027.009"
    strings:
        $mz = "This program cannot be run in DOS mode"
        $zip = { 50 4b 03 04 14 00 }
        $hta = "<script" nocase
        $cab = { 4d 53 43 46 00 00 00 00 }
    condition:
        uint32(0) == 0x0000004c and uint32(4) == 0x00021401 and filesize > 8KB and any of them
}

rule Document_SVG_Script : document suspicious
{
    meta:
        reason = "a drawing that carries a script which decodes a page or leads elsewhere"
        attack = "T1027.006"
    strings:
        $svg = "<svg" nocase
        $script = "<script" nocase
        $do1 = "atob(" nocase
        $do2 = "window.location" nocase
        $do3 = "document.location" nocase
        $do4 = "eval(" nocase
        $do5 = "String.fromCharCode" nocase
        $do6 = "document.write(" nocase
        $do7 = "<foreignObject" nocase
        $do8 = "type=\"password\"" nocase
        $html = "<html" nocase
    condition:
        filesize < 4MB and $svg in (0..4096) and not $html in (0..1024) and $script and
        (($do1 and any of ($do2, $do3, $do4, $do6)) or ($do7 and $do8) or
         ($do5 and any of ($do2, $do3, $do4)))
}
