// Ransomware that runs on Linux and on VMware's hosts: families by what was published of them, and
// the traits that they share. They stop virtual machines first and encrypt only parts of each file.

rule Ransom_Linux_Akira : ransomware
{
    meta:
        reason = "a Linux program with Akira's note and its switch for partial encryption"
        attack = "T1486"
        source = "CISA AA24-109A; Elastic, Linux_Ransomware_Akira"
    strings:
        $note = "akira_readme.txt"
        $switch1 = "--encryption_percent"
        $switch2 = "--encryption_path"
        $switch3 = "--share_file"
        $extension = ".akira" fullword
        $site = "akiralkzxzq2dsrzsrvbr2xgbbu2wgsmxryd4csgfameg52n7efvr2id"
    condition:
        uint32(0) == 0x464c457f and ($site or $note or ($extension and any of ($switch*)) or 2 of ($switch*))
}

rule Ransom_Linux_Black_Basta : ransomware
{
    meta:
        reason = "a Linux program with Black Basta's note and messages"
        attack = "T1486"
        source = "Elastic, Linux_Ransomware_BlackBasta"
    strings:
        $percent = "fileEncryptionPercent"
        $time = "Done time: %.4f seconds, encrypted: %.4f gb"
        $volumes = "/vmfs/volumes"
        $note1 = "Your data are stolen and encrypted"
        $site = "aazsbsgya565vlu2c6bzy6yfiebkcbtvvcytvolt33s77xypi7nypxyd"
        $basta = ".basta" fullword
    condition:
        uint32(0) == 0x464c457f and
        ($site or $time or ($percent and any of ($volumes, $note1, $basta)) or ($basta and $volumes))
}

rule Ransom_Linux_Conti : ransomware
{
    meta:
        reason = "a Linux program with Conti's text and its switch that stops virtual machines"
        attack = "T1486"
        source = "Elastic, Linux_Ransomware_Conti"
    strings:
        $text = "currently encrypted by CONTI" nocase
        $switch1 = "--vmkiller"
        $switch2 = "--vmlist"
        $switch3 = "--detach"
        $note = "CONTI_README.txt"
        $extension = ".conti" fullword
    condition:
        uint32(0) == 0x464c457f and ($text or $note or 2 of ($switch*) or ($extension and any of ($switch*)))
}

rule Ransom_Linux_HelloKitty : ransomware
{
    meta:
        reason = "a Linux program that stops VMware machines and appends .crypt, as HelloKitty does"
        attack = "T1486"
        source = "Elastic, Linux_Ransomware_Hellokitty"
    strings:
        $kill1 = "esxcli vm process kill -t=soft -w=%d"
        $kill2 = "esxcli vm process kill -t=hard -w=%d"
        $kill3 = "esxcli vm process kill -t=force -w=%d"
        $list = "esxcli vm process list"
        $out = "File Locked:%s PID:%d"
        $start = "All of your files have been encrypted"
        $extension = ".crypt" fullword
        $readme = ".README_TO_RESTORE"
    condition:
        uint32(0) == 0x464c457f and
        (($list and 2 of ($kill*)) or ($out and any of ($kill*, $list)) or
         (any of ($kill*) and any of ($start, $extension, $readme)))
}

rule Ransom_Linux_ESXiArgs_Script : ransomware
{
    meta:
        reason = "the script of ESXiArgs: it stops machines, encrypts in steps and removes logs"
        attack = "T1486"
        source = "CISA AA23-039A"
    strings:
        $esxcli = "esxcli"
        $kill = "vm process kill"
        $step = "enc_step"
        $size = "enc_size"
        $note = "How to Restore Your Files"
        $logs = "-name *.log -exec /bin/rm -rf {}"
        $touch = "touch -r"
        $run = "/tmp/encrypt"
    condition:
        filesize < 128KB and not uint32(0) == 0x464c457f and
        ($step or $size or $run) and 2 of ($esxcli, $kill, $note, $logs, $touch) and
        any of ($step, $size, $note)
}

rule Ransom_Linux_ESXiArgs_Program : ransomware
{
    meta:
        reason = "the program of ESXiArgs: a file, a key, a step and a size in its usage text"
        attack = "T1486"
        source = "CISA AA23-039A"
    strings:
        $usage = "<public_key> <file_to_encrypt>"
        $step = "<enc_step>"
        $size = "<enc_size>"
        $error1 = "encrypt_bytes: too big data"
        $error2 = "encrypt_file"
        $sosemanuk = "sosemanuk"
    condition:
        uint32(0) == 0x464c457f and ($usage or $error1 or 2 of ($step, $size, $error2, $sosemanuk))
}

rule Ransom_Linux_LockBit : ransomware
{
    meta:
        reason = "a Linux program with LockBit's note or its name for VMware hosts"
        attack = "T1486"
        source = "CISA AA23-075A; Elastic, Linux_Ransomware_Lockbit"
    strings:
        $name = "LockBit Linux/ESXi locker"
        $note = "restore-my-files.txt" nocase
        $site = "lockbitapt"
        $fast = "vim-cmd vmsvc/getallvms"
        $extension = ".lockbit" fullword
    condition:
        uint32(0) == 0x464c457f and ($name or $site or ($note and ($fast or $extension)))
}

rule Ransom_Linux_Babuk : ransomware
{
    meta:
        reason = "a Linux program with the messages of Babuk, from whose published source many gangs built theirs"
        attack = "T1486"
        source = "Elastic, Linux_Ransomware_Babuk"
    strings:
        $use = "Usage: %s /path/to/be/encrypted"
        $count1 = "Encrypted files: %d"
        $count2 = "Doesn't encrypted files: %d"
        $count3 = "Doesnt encrypted files: %d"
        $skip = "Skipped files: %d"
        $whole = "Whole files count: %d"
        $note = "How To Restore Your Files.txt"
        $extension1 = ".babyk" fullword
        $extension2 = ".XVGV" fullword
    condition:
        uint32(0) == 0x464c457f and
        ($use or 3 of ($count*, $skip, $whole) or ($note and any of ($extension*, $whole, $skip)))
}

rule Ransom_Linux_BlackCat : ransomware
{
    meta:
        reason = "a program with the switches and settings of BlackCat (ALPHV)"
        attack = "T1486"
        source = "FBI flash CU-000167-MW; Elastic, Multi_Ransomware_BlackCat"
    strings:
        $switch1 = "access-token"
        $switch2 = "no-vm-kill"
        $switch3 = "no-vm-snapshot-kill"
        $switch4 = "no-prop-servers"
        $switch5 = "drag-and-drop-target"
        $setting1 = "\"note_file_name\""
        $setting2 = "\"kill_processes\""
        $setting3 = "\"enable_esxi_vm_kill\""
        $setting4 = "\"strict_include_paths\""
        $setting5 = "\"enable_self_propagation\""
        $vm = "esxcli vm process kill --type=force --world-id="
    condition:
        (uint32(0) == 0x464c457f or uint16(0) == 0x5a4d) and
        (3 of ($switch*) or 3 of ($setting*) or ($vm and any of ($switch2, $switch3, $setting1)))
}

rule Ransom_Linux_Royal : ransomware
{
    meta:
        reason = "a Linux program with the switches and the note of Royal or BlackSuit"
        attack = "T1486"
        source = "CISA AA23-061A"
    strings:
        $switch1 = "-stopvm" fullword
        $switch2 = "-vmonly" fullword
        $switch3 = "-fork" fullword
        $switch4 = "-killvm" fullword
        $switch5 = "-allfiles" fullword
        $extension1 = ".royal_u" fullword
        $extension2 = ".royal_w" fullword
        $extension3 = ".blacksuit" fullword
        $site1 = "royal2xthig3ou5hd7zsliqagy6yygk2cdelaxtni2fyad6dpmpxedid"
        $site2 = "weg7sdx54bevnvulapqu6bpzwztryeflq3s23tegbmnhkbpqz637f2yd"
    condition:
        uint32(0) == 0x464c457f and
        (any of ($site*) or (any of ($extension*) and any of ($switch*)) or 3 of ($switch*))
}

rule Ransom_Linux_Hive : ransomware
{
    meta:
        reason = "a Linux program with Hive's note or its switches"
        attack = "T1486"
        source = "CISA AA22-321A; Elastic, Linux_Ransomware_Hive"
    strings:
        $site = "hivecust6vhekztbqgdnkks64ucehqacge3dij3gyrrpdp57zoq3ooqd"
        $note = "HOW_TO_DECRYPT.txt"
        $stop = "vim-cmd vmsvc/getallvms | grep -o -E '^[0-9]+' | xargs"
        $wipe = "no-wipe" fullword
        $text = "Your network has been breached and all data"
    condition:
        uint32(0) == 0x464c457f and ($site or ($note and any of ($stop, $wipe, $text)))
}

rule Ransom_Linux_RedAlert : ransomware
{
    meta:
        reason = "a Linux program with the usage text of RedAlert (N13V)"
        attack = "T1486"
        source = "Elastic, Linux_Ransomware_RedAlert"
    strings:
        $name = "N13V" fullword
        $run1 = "Run command for stop all running VM`s"
        $run2 = "File for encrypt"
        $run3 = "Path for encrypt. (by default encrypt only files in directory, not include subdirectories)"
        $note = "HOW_TO_RESTORE"
        $ntru = "NTRUEncrypt"
    condition:
        uint32(0) == 0x464c457f and ($run1 or $run3 or ($run2 and ($name or $note)) or ($name and $note and $ntru))
}

rule Ransom_Linux_Gonnacry : ransomware
{
    meta:
        reason = "a Linux program with the texts of GonnaCry"
        attack = "T1486"
        source = "Elastic, Linux_Ransomware_Gonnacry"
    strings:
        $extension = ".GNNCRY"
        $list = "enc_files.gc"
        $key = "your_encrypted_files.txt"
        $shred = "Shreding"
    condition:
        uint32(0) == 0x464c457f and ($extension or $list or ($key and $shred))
}

rule Ransom_Linux_Erebus : ransomware
{
    meta:
        reason = "a Linux program with the texts of Erebus, which encrypted a provider's web servers"
        attack = "T1486"
        source = "Elastic, Linux_Ransomware_Erebus; Trend Micro, June 2017"
    strings:
        $note = "_DECRYPT_FILE.txt"
        $page = "_DECRYPT_FILE.html"
        $extension = ".ecrypt" fullword
        $magic = "EREBUS IS BEST."
    condition:
        uint32(0) == 0x464c457f and ($magic or 2 of ($note, $page, $extension))
}

rule Ransom_Linux_EchoRaix : ransomware
{
    meta:
        reason = "a Linux program with the note of eCh0raix (QNAPCrypt), which encrypts network storage"
        attack = "T1486"
        source = "Elastic, Linux_Ransomware_EchoRaix; Anomali, July 2019"
    strings:
        $note = "README_FOR_DECRYPT.txt"
        $go = "main.makesecret"
        $path = "/go/src/qnap"
        $site = "sg3dwqfpnr4sl5hh.onion"
        $walk = "main.writemessage"
    condition:
        uint32(0) == 0x464c457f and ($site or 2 of them)
}

rule Ransom_Linux_RansomExx : ransomware
{
    meta:
        reason = "a Linux program with the names that RansomEXX left in itself"
        attack = "T1486"
        source = "Kaspersky Securelist, November 2020"
    strings:
        $worker = "encrypt_worker"
        $task = "list_dir"
        $key = "GeneratePreData"
        $pool = "regenerate_pre_data"
        $note = "ReadMeStoreForFile"
        $crypt = "CryptOneBlock"
        $head = "ransomware.c" nocase
    condition:
        uint32(0) == 0x464c457f and 3 of ($worker, $key, $pool, $note, $crypt, $head) and
        ($task or $key or $note)
}

rule Ransom_Linux_Agenda : ransomware
{
    meta:
        reason = "a Linux program with the switches or the note of Agenda (Qilin)"
        attack = "T1486"
        source = "Trend Micro, December 2023; Elastic, Multi_Ransomware_Qilin"
    strings:
        $text1 = "-- Qilin"
        $text2 = "Your network/system was encrypted."
        $text3 = "Encrypted files have new extension."
        $switch1 = "no-proc-kill"
        $switch2 = "no-snap-rm"
        $switch3 = "no-vm-kill"
        $motd = "esxcli system welcomemsg"
        $snapshot = "vim-cmd vmsvc/snapshot.removeall"
    condition:
        uint32(0) == 0x464c457f and
        (($text1 and $text2) or 2 of ($switch*) or ($text2 and $text3) or
         (any of ($text*) and any of ($motd, $snapshot)))
}

rule Ransom_Linux_Monti : ransomware
{
    meta:
        reason = "a Linux program with the switches and the page text of Monti"
        attack = "T1486"
        source = "Trend Micro, August 2023"
    strings:
        $switch1 = "--vmkill"
        $switch2 = "--world-id"
        $switch3 = "--detach"
        $extension = ".MONTI" fullword
        $site = "monti5o7lvyrpyk26lqofnfvajtyqruwatlfaazgm3zskt3xiktudwid"
        $text = "All of your files are currently encrypted by MONTI strain"
    condition:
        uint32(0) == 0x464c457f and ($site or $text or ($extension and any of ($switch*)) or ($switch1 and $switch2))
}

rule Ransom_Linux_Clop : ransomware
{
    meta:
        reason = "a Linux program with the note of Clop"
        attack = "T1486"
        source = "SentinelOne, February 2023; Elastic, Linux_Ransomware_Clop"
    strings:
        $note = "README_C_I_0P.TXT" nocase
        $extension = ".C_I_0P" nocase
        $text = "CONTACT TO EMAIL: UNLOCK@SUPPORT-BOX.COM" nocase
        $key = "Jfkdskfku2ir32y7432uroduw8y7318i9018urewfdsZ2Oaifwuieh~~cudsffdsd"
    condition:
        uint32(0) == 0x464c457f and any of them
}

rule Ransom_Linux_Cheers : ransomware
{
    meta:
        reason = "a Linux program with the note and the extension of Cheerscrypt"
        attack = "T1486"
        source = "Trend Micro, May 2022"
    strings:
        $extension = ".Cheers" fullword
        $note = "How To Restore Your Files.txt"
        $vm1 = "esxcli vm process kill"
        $vm2 = ".vmdk" fullword
    condition:
        uint32(0) == 0x464c457f and $extension and ($note or $vm1 or $vm2)
}

rule Ransom_Linux_VM_Killer : ransomware
{
    meta:
        reason = "a Linux program that stops virtual machines and speaks of encrypting and of a ransom"
        attack = "T1486"
    strings:
        $stop1 = "esxcli vm process kill"
        $stop2 = "vim-cmd vmsvc/power.off"
        $stop3 = "vim-cmd vmsvc/snapshot.removeall"
        $where1 = "/vmfs/volumes"
        $where2 = ".vmdk" fullword
        $where3 = ".vmsn" fullword
        $do1 = "encrypt" nocase
        $money1 = ".onion"
        $money2 = "bitcoin" nocase
        $money3 = "decryptor" nocase
        $money4 = "ransom" nocase
        $money5 = "your files" nocase
        $money6 = "protonmail" nocase
        $money7 = "onionmail" nocase
    condition:
        uint32(0) == 0x464c457f and filesize < 30MB and any of ($stop*) and any of ($where*) and
        $do1 and any of ($money*)
}

rule Ransom_Linux_Partial_Encryption : ransomware suspicious
{
    meta:
        reason = "a Linux program that can encrypt parts of files and names files of virtual machines or databases"
        attack = "T1486"
    strings:
        $part1 = "encryption_percent" nocase
        $part2 = "EncryptionPercent"
        $part3 = "enc_step"
        $part4 = "encrypt_percent" nocase
        $part5 = "partial_encrypt" nocase
        $part6 = "IntermittentEncrypt" nocase
        $target1 = ".vmdk"
        $target2 = ".vmem"
        $target3 = ".vswp"
        $target4 = "/vmfs/volumes"
        $target5 = ".vhdx"
        $target6 = ".ibd" fullword
        $target7 = ".mdf" fullword
    condition:
        uint32(0) == 0x464c457f and any of ($part*) and 2 of ($target*)
}

rule Ransom_Linux_Note_Writer : ransomware suspicious
{
    meta:
        reason = "a Linux program that carries the text of a ransom note"
        attack = "T1486"
    strings:
        $loss1 = "files have been encrypted" nocase
        $loss2 = "files are encrypted" nocase
        $loss3 = "files were encrypted" nocase
        $loss4 = "network has been encrypted" nocase
        $loss5 = "data has been encrypted" nocase
        $loss6 = "stolen and encrypted" nocase
        $contact1 = ".onion"
        $contact2 = "protonmail" nocase
        $contact3 = "tutanota" nocase
        $contact4 = "onionmail" nocase
        $contact5 = "torproject.org"
        $contact6 = "bitcoin" nocase
        $how1 = "decrypt" nocase
        $how2 = "recover" nocase
    condition:
        uint32(0) == 0x464c457f and filesize < 30MB and any of ($loss*) and any of ($contact*) and
        any of ($how*)
}
