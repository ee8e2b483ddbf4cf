// What ransomware leaves behind and what it does before, whatever its name. Rules with the tag
// 'suspicious' raise suspicion; the others are sure.

rule Ransom_Note : ransomware suspicious
{
    meta:
        reason = "a short text that says that files are encrypted and asks for payment"
        attack = "T1486"
    strings:
        $loss1 = "files have been encrypted" nocase
        $loss2 = "files are encrypted" nocase
        $loss3 = "files were encrypted" nocase
        $loss4 = "data has been encrypted" nocase
        $loss5 = "network has been encrypted" nocase
        $loss6 = "vos fichiers ont" nocase
        $loss7 = "dateien wurden verschl" nocase
        $loss8 = "archivos han sido cifrados" nocase
        $loss9 = "files have been locked" nocase
        $money1 = "bitcoin" nocase
        $money2 = "monero" nocase
        $money3 = " btc" nocase
        $money4 = "ransom" nocase
        $money5 = "payment" nocase
        $key1 = "private key" nocase
        $key2 = "decryption key" nocase
        $key3 = "decryptor" nocase
        $key4 = "decrypt your files" nocase
        $key5 = "recover your files" nocase
        $key6 = "restore your files" nocase
        $key7 = "decryption tool" nocase
        $contact1 = ".onion" nocase
        $contact2 = "tor browser" nocase
        $contact3 = "protonmail" nocase
        $contact4 = "tutanota" nocase
        $contact5 = "do not rename" nocase
        $contact6 = "third party software" nocase
        $contact7 = "onionmail" nocase
        $contact8 = "qtox" nocase
        $contact9 = "hours" nocase fullword
    condition:
        filesize < 64KB and any of ($loss*) and any of ($money*) and any of ($key*) and
        any of ($contact*)
}

rule Ransom_Note_Double_Extortion : ransomware suspicious
{
    meta:
        reason = "a short text that threatens to publish stolen data unless its author is paid"
        attack = "T1657"
    strings:
        $steal1 = "data has been stolen" nocase
        $steal2 = "data are stolen" nocase
        $steal3 = "stolen and encrypted" nocase
        $steal4 = "downloaded your" nocase
        $steal5 = "we have exfiltrated" nocase
        $threat1 = "will be published" nocase
        $threat2 = "leak" nocase fullword
        $threat3 = "data will be sold" nocase
        $threat4 = "publicly available" nocase
        $contact1 = ".onion" nocase
        $contact2 = "tor browser" nocase
        $contact3 = "protonmail" nocase
        $contact4 = "tox id" nocase
        $contact5 = "onionmail" nocase
    condition:
        filesize < 64KB and any of ($steal*) and any of ($threat*) and any of ($contact*)
}

rule Ransom_Note_Page : ransomware suspicious
{
    meta:
        reason = "a program page (HTA) or page that shows a ransom note"
        attack = "T1486"
    strings:
        $page1 = "<hta:application" nocase
        $page2 = "<html" nocase
        $loss1 = "your files" nocase
        $loss2 = "encrypted" nocase
        $id1 = "personal id" nocase
        $id2 = "your id" nocase
        $id3 = "unique id" nocase
        $contact1 = ".onion" nocase
        $contact2 = "bitcoin" nocase
        $contact3 = "free decryption as guarantee" nocase
    condition:
        filesize < 256KB and any of ($page*) and all of ($loss*) and any of ($id*) and
        2 of ($contact*)
}

rule Ransom_Prepares_Script : ransomware suspicious
{
    meta:
        reason = "a small script that takes away shadow copies, backups and repair"
        attack = "T1490"
    strings:
        $shadow1 = "vssadmin delete shadows" nocase
        $shadow2 = "vssadmin.exe delete shadows" nocase
        $shadow3 = "wmic shadowcopy delete" nocase
        $shadow4 = "wmic.exe shadowcopy delete" nocase
        $shadow5 = "vssadmin resize shadowstorage" nocase
        $shadow6 = "Win32_Shadowcopy | ForEach-Object" nocase
        $backup1 = "wbadmin delete catalog" nocase
        $backup2 = "wbadmin delete systemstatebackup" nocase
        $backup3 = "wbadmin delete backup" nocase
        $repair1 = "recoveryenabled no" nocase
        $repair2 = "bootstatuspolicy ignoreallfailures" nocase
        $log1 = "wevtutil cl " nocase
        $log2 = "wevtutil.exe cl " nocase
    condition:
        filesize < 16KB and any of ($shadow*) and any of ($backup*, $repair*, $log*)
}

rule Ransom_Prepares_Program : ransomware suspicious
{
    meta:
        reason = "a Windows program that removes shadow copies and switches repair off"
        attack = "T1490"
    strings:
        $shadow1 = "delete shadows /all /quiet" ascii wide nocase
        $shadow2 = "shadowcopy delete" ascii wide nocase
        $shadow3 = "resize shadowstorage" ascii wide nocase
        $repair1 = "recoveryenabled no" ascii wide nocase
        $repair2 = "bootstatuspolicy ignoreallfailures" ascii wide nocase
        $backup1 = "delete catalog -quiet" ascii wide nocase
        $backup2 = "delete systemstatebackup" ascii wide nocase
    condition:
        uint16(0) == 0x5a4d and filesize < 20MB and any of ($shadow*) and
        any of ($repair*, $backup*)
}

rule Ransom_Program_With_Note : ransomware
{
    meta:
        reason = "a Windows program that removes shadow copies and carries a ransom note"
        attack = "T1486"
    strings:
        $shadow1 = "delete shadows" ascii wide nocase
        $shadow2 = "shadowcopy delete" ascii wide nocase
        $shadow3 = "Win32_ShadowCopy" ascii wide nocase
        $loss1 = "files have been encrypted" ascii wide nocase
        $loss2 = "files are encrypted" ascii wide nocase
        $loss3 = "files were encrypted" ascii wide nocase
        $loss4 = "network has been encrypted" ascii wide nocase
        $contact1 = ".onion" ascii wide nocase
        $contact2 = "bitcoin" ascii wide nocase
        $contact3 = "protonmail" ascii wide nocase
        $contact4 = "tutanota" ascii wide nocase
        $contact5 = "onionmail" ascii wide nocase
    condition:
        uint16(0) == 0x5a4d and filesize < 20MB and any of ($shadow*) and any of ($loss*) and
        any of ($contact*)
}

rule Ransom_Stops_Services_Script : ransomware suspicious
{
    meta:
        reason = "a script that stops databases, backup and protection one after another"
        attack = "T1489"
    strings:
        $stop1 = "net stop" nocase
        $stop2 = "sc config" nocase
        $stop3 = "taskkill /f /im" nocase
        $stop4 = "Stop-Service" nocase
        $what1 = "MSSQL" nocase
        $what2 = "veeam" nocase
        $what3 = "acronis" nocase
        $what4 = "BackupExec" nocase
        $what5 = "SQLWriter" nocase
        $what6 = "sophos" nocase
        $what7 = "McAfee" nocase
        $what8 = "klnagent" nocase
        $what9 = "MSExchange" nocase
        $what10 = "oracle" nocase
        $what11 = "zoolz" nocase
        $what12 = "mysql" nocase
    condition:
        filesize < 64KB and not uint16(0) == 0x5a4d and any of ($stop*) and
        (#stop1 > 8 or #stop2 > 8 or #stop3 > 8 or #stop4 > 8) and 5 of ($what*)
}

rule Ransom_Linux_Script : ransomware suspicious
{
    meta:
        reason = "a script that encrypts files one by one with openssl or gpg, removes them, and leaves a note"
        attack = "T1486"
    strings:
        $shell1 = "#!/bin/"
        $shell2 = "#!/usr/bin/"
        $crypt1 = "openssl enc" nocase
        $crypt2 = "openssl aes-256-cbc" nocase
        $crypt3 = "gpg --batch" nocase
        $crypt4 = "gpg -c" nocase
        $crypt5 = "Fernet(" nocase
        $walk1 = "find /" nocase
        $walk2 = "os.walk(" nocase
        $walk3 = "for file in" nocase
        $remove1 = "shred -u" nocase
        $remove2 = "rm -f" nocase
        $remove3 = "os.remove(" nocase
        $note1 = "your files" nocase
        $note2 = "bitcoin" nocase
        $note3 = ".onion" nocase
        $note4 = "ransom" nocase
        $note5 = "decrypt" nocase
    condition:
        filesize < 128KB and any of ($shell*) and any of ($crypt*) and any of ($walk*) and
        any of ($remove*) and 2 of ($note*)
}

rule Ransom_Windows_Locker_Script : ransomware suspicious
{
    meta:
        reason = "a script that turns on BitLocker or makes encrypted archives of all drives and removes the originals"
        attack = "T1486"
    strings:
        $bitlocker1 = "manage-bde -on" nocase
        $bitlocker2 = "Enable-BitLocker" nocase
        $bitlocker3 = "ProtectKeyWithTPM" nocase
        $message1 = "preboot" nocase
        $message2 = "RecoveryKeyMessage" nocase
        $send1 = "trycloudflare.com" nocase
        $send2 = "WinHttp.WinHttpRequest" nocase
        $archive1 = "rar a -hp" nocase
        $archive2 = "rar.exe a -hp" nocase
        $archive3 = "7z a -p" nocase
        $archive4 = "-sdel" nocase
        $archive5 = " -df " nocase
        $note1 = "bitcoin" nocase
        $note2 = "decrypt" nocase
        $note3 = "protonmail" nocase
    condition:
        filesize < 128KB and not uint16(0) == 0x5a4d and
        ((any of ($bitlocker*) and any of ($message*, $send*)) or
         (any of ($archive1, $archive2, $archive3) and any of ($archive4, $archive5) and any of ($note*)))
}
