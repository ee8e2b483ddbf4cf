// What ransomware leaves behind and what it does before. These rules raise suspicion; what a hash
// or an exact body knows is malicious.

rule Ransom_Note : ransomware suspicious
{
    meta:
        description = "a short text that says files are encrypted and asks for payment"
    strings:
        $loss1 = "files have been encrypted" nocase
        $loss2 = "files are encrypted" nocase
        $loss3 = "files were encrypted" nocase
        $loss4 = "data has been encrypted" nocase
        $loss5 = "network has been encrypted" nocase
        $loss6 = "vos fichiers ont" nocase
        $money1 = "bitcoin" nocase
        $money2 = "monero" nocase
        $money3 = " btc" nocase
        $money4 = "ransom" nocase
        $key1 = "private key" nocase
        $key2 = "decryption key" nocase
        $key3 = "decryptor" nocase
        $key4 = "decrypt your files" nocase
        $key5 = "recover your files" nocase
        $key6 = "restore your files" nocase
        $contact1 = ".onion" nocase
        $contact2 = "tor browser" nocase
        $contact3 = "protonmail" nocase
        $contact4 = "tutanota" nocase
        $contact5 = "do not rename" nocase
        $contact6 = "third party software" nocase
        $contact7 = "hours" nocase fullword
    condition:
        filesize < 64KB and any of ($loss*) and any of ($money*) and any of ($key*) and
        any of ($contact*)
}

rule Ransom_Prepares : ransomware suspicious
{
    meta:
        description = "a small script that takes away shadow copies, backups and repair"
    strings:
        $shadow1 = "vssadmin delete shadows" nocase
        $shadow2 = "vssadmin.exe delete shadows" nocase
        $shadow3 = "wmic shadowcopy delete" nocase
        $backup1 = "wbadmin delete catalog" nocase
        $backup2 = "wbadmin delete systemstatebackup" nocase
        $repair1 = "recoveryenabled no" nocase
        $repair2 = "bootstatuspolicy ignoreallfailures" nocase
    condition:
        filesize < 16KB and any of ($shadow*) and any of ($backup*, $repair*)
}

rule WannaCry_Encrypted_File : ransomware
{
    meta:
        description = "a file that WannaCry encrypted: its mark, and the key of 256 bytes behind it"
    strings:
        $mark = "WANACRY!"
    condition:
        $mark at 0 and uint32(8) == 256 and filesize > 280
}
