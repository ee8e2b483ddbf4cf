// Programs that hide in something else: in pictures, in medical images, in text. What a file says
// that it is and what it carries must not differ.

rule Hidden_Program_In_DICOM_Preamble : hidden
{
    meta:
        reason = "a medical image whose first 128 bytes begin a Windows program (CVE-2019-11687)"
        attack = "T1027.009"
    condition:
        uint32be(128) == 0x4449434d and uint16(0) == 0x5a4d
}

rule Hidden_Linux_Program_In_DICOM_Preamble : hidden
{
    meta:
        reason = "a medical image whose first 128 bytes begin a Linux program or script"
        attack = "T1027.009"
    condition:
        uint32be(128) == 0x4449434d and (uint32be(0) == 0x7f454c46 or uint16be(0) == 0x2321)
}

rule Hidden_Program_Behind_Picture : hidden
{
    meta:
        reason = "a picture with a Windows program behind it"
        attack = "T1027.009"
    strings:
        $end_png = { 49 45 4e 44 ae 42 60 82 4d 5a }
        $end_jpeg = { ff d9 4d 5a 90 00 }
        $end_gif = { 00 3b 4d 5a 90 00 }
        $dos = "This program cannot be run in DOS mode"
        $dos2 = "This program must be run under Win32"
    condition:
        (uint32be(0) == 0x89504e47 or uint16be(0) == 0xffd8 or uint32be(0) == 0x47494638) and
        any of ($end*) and any of ($dos*)
}

rule Hidden_Linux_Program_Behind_Picture : hidden
{
    meta:
        reason = "a picture with a Linux program behind it"
        attack = "T1027.009"
    strings:
        $end_png = { 49 45 4e 44 ae 42 60 82 7f 45 4c 46 (01|02) (01|02) 01 }
        $end_jpeg = { ff d9 7f 45 4c 46 (01|02) (01|02) 01 }
        $end_gif = { 00 3b 7f 45 4c 46 (01|02) (01|02) 01 }
    condition:
        (uint32be(0) == 0x89504e47 or uint16be(0) == 0xffd8 or uint32be(0) == 0x47494638) and
        any of them
}

rule Hidden_Script_Behind_Picture : hidden suspicious
{
    meta:
        reason = "a picture with a shell or PowerShell script behind it"
        attack = "T1027.009"
    strings:
        $png1 = { 49 45 4e 44 ae 42 60 82 23 21 2f }
        $png2 = { 49 45 4e 44 ae 42 60 82 [0-4] 70 6f 77 65 72 73 68 65 6c 6c }
        $jpeg1 = { ff d9 23 21 2f 62 69 6e }
        $jpeg2 = { ff d9 23 21 2f 75 73 72 }
        $bash = "base64_decode_and_run"
        $gif = { 00 3b 23 21 2f 62 69 6e }
    condition:
        (uint32be(0) == 0x89504e47 or uint16be(0) == 0xffd8 or uint32be(0) == 0x47494638) and
        any of them
}

rule Hidden_Program_In_Base64_Text : hidden suspicious
{
    meta:
        reason = "a script that carries a Windows program as text and decodes it"
        attack = "T1027"
    strings:
        $mz1 = "TVqQAAMAAAAEAAAA"
        $mz2 = "TVpQAAIAAAAEAA8A"
        $mz3 = "TVoAAAAAAAAAAAAA"
        $mz4 = "TVqAAAEAAAAEABAA"
        $mzw = "TVqQAAMAAAAEAAAA" wide
        $decode1 = "FromBase64String" nocase ascii wide
        $decode2 = "atob(" nocase
        $decode3 = "base64" nocase
        $decode4 = "b64decode" nocase
        $decode5 = "certutil" nocase
        $run1 = "Assembly]::Load" nocase ascii wide
        $run2 = "Assembly.Load" nocase ascii wide
        $run3 = "WriteAllBytes" nocase ascii wide
        $run4 = "VirtualAlloc" nocase ascii wide
        $run5 = "CreateThread" nocase ascii wide
        $run6 = "Start-Process" nocase
        $run7 = "WScript.Shell" nocase
        $run8 = "ADODB.Stream" nocase
        $run9 = "EntryPoint.Invoke" nocase ascii wide
    condition:
        filesize < 30MB and not uint16(0) == 0x5a4d and not uint32(0) == 0x464c457f and
        any of ($mz*) and any of ($decode*) and any of ($run*)
}

rule Hidden_Program_Reversed : hidden suspicious
{
    meta:
        reason = "a text that is a Windows program in base64 written backwards"
        attack = "T1027"
    strings:
        $reversed1 = "AAAAEAAAAMAAQqVT"
        $reversed2 = "AA8AAAAEAAIAAQpVT"
        $decode1 = "StrReverse" nocase
        $decode2 = "[::-1]"
        $decode3 = "Reverse(" nocase
        $decode4 = "[-1.." nocase
    condition:
        filesize < 30MB and any of ($reversed*) and (any of ($decode*) or filesize < 4MB) and
        not uint16(0) == 0x5a4d
}

rule Hidden_Program_In_Hex_Text : hidden suspicious
{
    meta:
        reason = "a script that carries a Windows program as hexadecimal text and runs it"
        attack = "T1027"
    strings:
        $mz1 = "4D5A90000300000004000000" nocase
        $mz2 = "0x4d,0x5a,0x90,0x00,0x03" nocase
        $mz3 = "77,90,144,0,3,0,0,0,4"
        $mz4 = "77, 90, 144, 0, 3, 0, 0, 0, 4"
        $run1 = "VirtualAlloc" nocase
        $run2 = "[Byte[]]" nocase
        $run3 = "Assembly]::Load" nocase
        $run4 = "WriteAllBytes" nocase
        $run5 = "CreateObject" nocase
        $run6 = "-join" nocase
        $run7 = "CreateThread" nocase
    condition:
        filesize < 30MB and not uint16(0) == 0x5a4d and not uint32(0) == 0x464c457f and
        not uint32be(0) == 0x7b5c7274 and any of ($mz*) and any of ($run*)
}

rule Hidden_Encoded_Script : hidden suspicious
{
    meta:
        reason = "a script that was encoded so that nobody reads it (JScript.Encode, VBScript.Encode)"
        attack = "T1027"
    strings:
        $head = "#@~^"
        $tail = "==^#~@"
        $language1 = "JScript.Encode" nocase
        $language2 = "VBScript.Encode" nocase
    condition:
        filesize < 4MB and (($head at 0 and $tail) or ($head and any of ($language*)))
}

rule Hidden_Autoit_Carries_Program : hidden suspicious
{
    meta:
        reason = "a compiled AutoIt script that injects a program into another"
        attack = "T1055"
    strings:
        $autoit1 = "AU3!EA06"
        $autoit2 = "AU3!EA05"
        $inject1 = "CallWindowProc" nocase ascii wide
        $inject2 = "VirtualAlloc" ascii wide
        $inject3 = "DllStructCreate" nocase ascii wide
        $inject4 = "RegAsm.exe" nocase ascii wide
        $inject5 = "NtUnmapViewOfSection" ascii wide
    condition:
        any of ($autoit*) and 3 of ($inject*)
}

rule Hidden_Name_Right_To_Left : hidden suspicious
{
    meta:
        reason = "a list of names in which one is written right to left, so that its real ending is hidden"
        attack = "T1036.002"
    strings:
        $rlo1 = { e2 80 ae 78 6c 73 2e 65 78 65 }
        $rlo2 = { e2 80 ae 66 64 70 2e (65 78 65 | 73 63 72 | 63 6f 6d) }
        $rlo3 = { e2 80 ae (63 6f 64 | 78 63 6f 64) 2e (65 78 65 | 73 63 72 | 63 6f 6d) }
        $rlo4 = { e2 80 ae 67 70 6a 2e (65 78 65 | 73 63 72 | 63 6f 6d) }
        $rlo5 = { e2 80 ae 67 6e 70 2e (65 78 65 | 73 63 72 | 63 6f 6d) }
        $rlo6 = { 2e 20 72 63 73 2e e2 80 ae }
    condition:
        any of them
}

rule Hidden_Zip_With_Double_Extension : hidden suspicious
{
    meta:
        reason = "an archive with a program whose name pretends to be a document"
        attack = "T1036.007"
    strings:
        $name1 = ".pdf.exe" nocase
        $name2 = ".pdf.js" nocase
        $name3 = ".pdf.scr" nocase
        $name4 = ".docx.exe" nocase
        $name5 = ".doc.js" nocase
        $name6 = ".xlsx.exe" nocase
        $name7 = ".jpg.exe" nocase
        $name8 = ".pdf.vbs" nocase
        $name9 = ".pdf.lnk" nocase
        $name10 = ".doc.exe" nocase
        $name11 = ".pdf.com" nocase
        $name12 = ".xls.exe" nocase
        $name13 = ".pdf.hta" nocase
        $central = { 50 4b 01 02 }
    condition:
        uint32(0) == 0x04034b50 and $central and any of ($name*)
}
