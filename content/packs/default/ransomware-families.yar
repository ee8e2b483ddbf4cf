// Ransomware families that hit hospitals, by what researchers published of them: texts in their
// programs, names of their notes, marks in the files that they leave. A rule here is sure of its
// family; what is only a trait of many stands in ransomware.yar.

import "math"

rule Ransom_WannaCry_Program : ransomware
{
    meta:
        reason = "a Windows program with the names and the password of WannaCry"
        attack = "T1486"
        source = "US-CERT TA17-132A; signature-base, crime_wannacry"
    strings:
        $password = "WNcry@2ol7"
        $mutex = "MsWinZonesCacheCounterMutexA" ascii wide
        $note = "@WanaDecryptor@" ascii wide
        $grant = "icacls . /grant Everyone:F /T /C /Q"
        $service = "mssecsvc2.0"
        $folder = "C:\\%s\\qeriuwjhrf"
        $part1 = "tasksche.exe" ascii wide
        $part2 = "taskdl.exe" ascii wide
        $part3 = "taskse.exe" ascii wide
        $part4 = "taskhsvc.exe" ascii wide
        $part5 = "mssecsvc.exe" ascii wide
        $part6 = "msg/m_english.wnry"
        $wallet1 = "115p7UMMngoj1pMvkpHijcRdfJNXj6LrLn"
        $wallet2 = "12t9YDPgwueZ9NyMgw519p7AA8isjr6SMw"
        $wallet3 = "13AM4VW2dhxYgXeQepoHkHSQuy6NgaEb94"
    condition:
        uint16(0) == 0x5a4d and filesize < 20MB and 3 of them
}

rule Ransom_WannaCry_Worm : ransomware worm
{
    meta:
        reason = "a Windows program with WannaCry's spreading code: its texts for the SMB attack"
        attack = "T1210"
        source = "signature-base, crime_wannacry; Yara-Rules, RANSOM_MS17-010_Wannacrypt"
    strings:
        $tree = "__TREEID__PLACEHOLDER__"
        $user = "__USERID__PLACEHOLDER__"
        $lab1 = "\\\\192.168.56.20\\IPC$" ascii wide
        $lab2 = "\\\\172.16.99.5\\IPC$" ascii wide
        $dialect1 = "PC NETWORK PROGRAM 1.0"
        $dialect2 = "Windows for Workgroups 3.1a"
    condition:
        uint16(0) == 0x5a4d and
        (($tree and $user) or (any of ($lab*) and any of ($dialect*)))
}

rule Ransom_WannaCry_Kill_Switch : ransomware
{
    meta:
        reason = "a Windows program that asks for a name by which WannaCry decides whether to go on"
        attack = "T1480"
        source = "signature-base, crime_wannacry; SANS ISC diary 22420"
    strings:
        $name1 = "iuqerfsodp9ifjaposdfjhgosurijfaewrwergwea" ascii wide
        $name2 = "ifferfsodp9ifjaposdfjhgosurijfaewrwergwea" ascii wide
        $name3 = "iuqssfsodp9ifjaposdfjhgosurijfaewrwergwea" ascii wide
        $name4 = "ayylmaotjhsstasdfasdfasdfasdfasdfasdfasdf" ascii wide
    condition:
        uint16(0) == 0x5a4d and any of them
}

rule Ransom_WannaCry_Encrypted_File : ransomware
{
    meta:
        reason = "a file that WannaCry encrypted: its mark, and the key of 256 bytes behind it"
        attack = "T1486"
        source = "Elastic protections-artifacts, Windows_Ransomware_WannaCry"
    strings:
        $mark = "WANACRY!"
    condition:
        $mark at 0 and uint32(8) == 256 and filesize > 280
}

rule Ransom_WannaCry_Note : ransomware
{
    meta:
        reason = "the note that WannaCry leaves, with a wallet of its gang"
        attack = "T1486"
        source = "Yara-Rules, RANSOM_MS17-010_Wannacrypt"
    strings:
        $wallet1 = "115p7UMMngoj1pMvkpHijcRdfJNXj6LrLn"
        $wallet2 = "12t9YDPgwueZ9NyMgw519p7AA8isjr6SMw"
        $wallet3 = "13AM4VW2dhxYgXeQepoHkHSQuy6NgaEb94"
        $name = "WanaDecryptor"
        $ooops = "Ooops, your important files are encrypted" nocase
    condition:
        filesize < 32KB and any of ($wallet*) and ($name or $ooops)
}

rule Ransom_ExPetr_Program : ransomware wiper worm
{
    meta:
        reason = "a Windows library with the commands of ExPetr (NotPetya): it clears logs, spreads and overwrites the disk's start"
        attack = "T1561.002"
        source = "signature-base, crime_nopetya_jun17; bi.zone"
    strings:
        $logs = "wevtutil cl Setup & wevtutil cl System" ascii wide
        $journal = "fsutil usn deletejournal /D %c:" ascii wide
        $spread1 = "process call create \"C:\\Windows\\System32\\rundll32.exe" ascii wide
        $spread2 = "-accepteula -s" ascii wide
        $spread3 = "\\\\%s\\admin$" ascii wide
        $reboot = "schtasks /Create /SC once /TN \"\" /TR" ascii wide
        $helper = "dllhost.dat" ascii wide
        $mail = "wowsmith123456@posteo.net" ascii wide
        $wallet = "1Mz7153HMuxXTuR2R1t78mGSdzaAtNbBWX" ascii wide
    condition:
        uint16(0) == 0x5a4d and filesize < 5MB and 3 of them
}

rule Ransom_ExPetr_Boot_Sector : ransomware wiper
{
    meta:
        reason = "a disk's start that was replaced by ExPetr's false repair screen"
        attack = "T1561.002"
        source = "Yara-Rules, RANSOM_Petya_MS17_010"
    strings:
        $repair = "CHKDSK is repairing sector"
        $warn = "DO NOT TURN OFF YOUR PC"
        $mail = "wowsmith123456@posteo.net"
        $wallet = "1Mz7153HMuxXTuR2R1t78mGSdzaAtNbBWX"
    condition:
        uint16(510) == 0xaa55 and 2 of them
}

rule Ransom_Ryuk_Program : ransomware
{
    meta:
        reason = "a Windows program with Ryuk's note name or mark and its list of programs to stop"
        attack = "T1486"
        source = "MITRE ATT&CK S0446; Trellix, RANSOM_Ryuk"
    strings:
        $note = "RyukReadMe" ascii wide
        $mark1 = "HERMES" fullword ascii wide
        $mark2 = "RYUKTM" fullword ascii wide
        $end = "\\users\\Public\\finish" ascii wide nocase
        $key = "\\users\\Public\\sys" ascii wide nocase
        $run = "svchos" fullword ascii wide
        $stop1 = "klnagent" ascii wide
        $stop2 = "sqbcoreservice" ascii wide
        $stop3 = "tbirdconfig" ascii wide
        $stop4 = "ocautoupds" ascii wide
        $stop5 = "encsvc" fullword ascii wide
    condition:
        uint16(0) == 0x5a4d and filesize < 10MB and
        ($note or any of ($mark*)) and ($end or $key or $run or 2 of ($stop*))
}

rule Ransom_Ryuk_Encrypted_File : ransomware
{
    meta:
        reason = "a file that Ryuk encrypted: its mark and the wrapped key stand at its end"
        attack = "T1486"
        source = "MITRE ATT&CK S0446"
    strings:
        $mark1 = "HERMES"
        $mark2 = "RYUKTM"
    condition:
        filesize > 1024 and any of them in (filesize - 320..filesize - 262) and
        math.entropy(filesize - 256, 256) > 6.5
}

rule Ransom_Ryuk_Note : ransomware
{
    meta:
        reason = "the note that Ryuk leaves"
        attack = "T1486"
        source = "MITRE ATT&CK S0446"
    strings:
        $end = "balance of shadow universe" nocase
        $name = "Ryuk" fullword
        $text1 = "no decryption software is available in the public" nocase
        $text2 = "protonmail.com" nocase
        $text3 = "tutanota.com" nocase
    condition:
        filesize < 32KB and $name and ($end or ($text1 and any of ($text2, $text3)))
}

rule Ransom_Maze_Program : ransomware
{
    meta:
        reason = "a Windows program with Maze's note name and its switches"
        attack = "T1486"
        source = "Trellix, Ransom_Maze; Elastic, Windows_Ransomware_Maze"
    strings:
        $note = "DECRYPT-FILES" ascii wide
        $switch1 = "--nomutex" ascii wide
        $switch2 = "--logging" ascii wide
        $switch3 = "--noshares" ascii wide
        $shadow = "Win32_ShadowCopy" ascii wide nocase
        $skip1 = "hiberfil.sys" ascii wide nocase
        $skip2 = "swapfile.sys" ascii wide nocase
    condition:
        uint16(0) == 0x5a4d and filesize < 10MB and $note and
        (2 of ($switch*) or ($shadow and any of ($skip*)))
}

rule Ransom_Maze_Note : ransomware
{
    meta:
        reason = "the note that Maze leaves"
        attack = "T1486"
        source = "Trellix, Ransom_Maze"
    strings:
        $name = "Maze" fullword nocase
        $key = "---BEGIN MAZE KEY---"
        $rsa = "RSA-2048"
        $chacha = "ChaCha"
        $site = "mazedecrypt"
    condition:
        filesize < 64KB and ($key or ($name and $site) or ($name and $rsa and $chacha))
}

rule Ransom_DoppelPaymer_Program : ransomware
{
    meta:
        reason = "a Windows program with the messages of DoppelPaymer"
        attack = "T1486"
        source = "Elastic, Windows_Ransomware_Doppelpaymer"
    strings:
        $run = "Setup run" ascii wide
        $locked = "File is locked: %ws" ascii wide
        $note1 = "readme2unlock" ascii wide
        $note2 = "how2decrypt" ascii wide
    condition:
        uint16(0) == 0x5a4d and (($run and $locked) or (any of ($note*) and ($run or $locked)))
}

rule Ransom_Sodinokibi_Program : ransomware
{
    meta:
        reason = "a Windows program that carries the settings of REvil (Sodinokibi)"
        attack = "T1486"
        source = "signature-base, crime_revil_general; Elastic, Windows_Ransomware_Sodinokibi"
    strings:
        $note1 = "{EXT}-readme.txt" ascii wide
        $note2 = "HOW-TO-DECRYPT.txt" ascii wide
        $salsa = "expand 32-byte k"
        $key1 = "\"nbody\":" ascii wide
        $key2 = "\"nname\":" ascii wide
        $key3 = "\"wipe\":" ascii wide
        $key4 = "\"dmn\":" ascii wide
        $key5 = "\"prc\":" ascii wide
        $key6 = "\"wfld\":" ascii wide
        $key7 = "\"svc\":" ascii wide
    condition:
        uint16(0) == 0x5a4d and filesize < 10MB and
        (5 of ($key*) or (any of ($note*) and $salsa))
}

rule Ransom_Sodinokibi_Settings : ransomware
{
    meta:
        reason = "the settings of REvil (Sodinokibi), by themselves: the key, the note and what to stop"
        attack = "T1486"
        source = "Elastic, Windows_Ransomware_Sodinokibi"
    strings:
        $pk = "\"pk\":\""
        $pid = "\"pid\":\""
        $dmn = "\"dmn\":\""
        $nbody = "\"nbody\":\""
        $nname = "\"nname\":\""
        $prc = "\"prc\":["
        $wht = "\"wht\":{"
    condition:
        filesize < 1MB and uint8(0) == 0x7b and $pk and $nbody and $nname and any of ($pid, $dmn, $prc, $wht)
}

rule Ransom_PwndLocker_Program : ransomware
{
    meta:
        reason = "a program or script with the names of PwndLocker or ProLock"
        attack = "T1486"
        source = "signature-base, crime_ransom_prolock"
    strings:
        $note1 = "H0w_T0_Rec0very_Files.txt" ascii wide
        $note2 = "[HOW TO RECOVER FILES].TXT" ascii wide
        $lock = ":\\Programdata\\lock.xml" ascii wide nocase
        $extension1 = ".proLock" fullword ascii wide
        $extension2 = ".pwnd" fullword ascii wide
        $shadow = "delete shadows /all /quiet" ascii wide nocase
    condition:
        uint16(0) == 0x5a4d and 2 of them
}

rule Ransom_Ako_Program : ransomware
{
    meta:
        reason = "a program or note with Ako's note name or its hidden address"
        attack = "T1486"
        source = "BleepingComputer, January 2020"
    strings:
        $note = "ako-readme.txt" ascii wide nocase
        $site = "kwvhrdibgmmpkhkidrby4mccwqpds5za6uo2thcw5gz75qncv7rbhyad" ascii wide
        $shadow = "delete shadows" ascii wide nocase
    condition:
        $site or (uint16(0) == 0x5a4d and $note and $shadow)
}

rule Ransom_Covid_Program : ransomware
{
    meta:
        reason = "a Windows program that sends its key to the page that the ransomware of March 2020 against health bodies used"
        attack = "T1486"
        source = "signature-base, crime_covid_ransom; Unit 42"
    strings:
        $page = "/savekey.php" ascii wide
        $wall = "ransom20.jpg" ascii wide
        $key = "www.tempinfo.96.lt" ascii wide
        $aes = "AES" ascii wide fullword
        $encrypt = "encrypt" ascii wide nocase
    condition:
        uint16(0) == 0x5a4d and filesize < 5MB and $page and ($wall or $key or ($aes and $encrypt))
}

rule Ransom_Conti_Windows : ransomware
{
    meta:
        reason = "a Windows program with Conti's switches or its note"
        attack = "T1486"
        source = "MITRE ATT&CK S0575"
    strings:
        $text = "currently encrypted by CONTI" ascii wide
        $note = "CONTI_README.txt" ascii wide
        $log = "CONTI_LOG.txt" ascii wide
        $switch1 = "-nomutex" ascii wide fullword
        $switch2 = "-nolan" ascii wide fullword
        $shadow = "SELECT * FROM Win32_ShadowCopy" ascii wide
    condition:
        uint16(0) == 0x5a4d and ($text or ($note and $shadow) or ($log and any of ($switch*)))
}

rule Ransom_LockBit_Windows : ransomware
{
    meta:
        reason = "a Windows program with LockBit's note"
        attack = "T1486"
        source = "CISA AA23-075A; MITRE ATT&CK S1199"
    strings:
        $note1 = "Restore-My-Files.txt" ascii wide nocase
        $note2 = "LockBit Ransomware" ascii wide
        $note3 = "All your important files are stolen and encrypted!" ascii wide
        $site1 = "lockbitapt" ascii wide
        $site2 = "lockbit-decryptor" ascii wide
        $stop = "vssadmin delete shadows /all /quiet" ascii wide nocase
    condition:
        uint16(0) == 0x5a4d and filesize < 10MB and
        (2 of ($note*) or any of ($site*) or (any of ($note*) and $stop))
}

rule Ransom_Hive_Note : ransomware
{
    meta:
        reason = "the note that Hive leaves"
        attack = "T1486"
        source = "CISA AA22-321A"
    strings:
        $site = "hivecust6vhekztbqgdnkks64ucehqacge3dij3gyrrpdp57zoq3ooqd" nocase
        $text1 = "Your network has been breached and all data were encrypted." nocase
        $text2 = "Do not modify, rename or delete *.key." nocase
        $text3 = "HOW_TO_DECRYPT" nocase
    condition:
        filesize < 32KB and ($site or 2 of ($text*))
}
