// False log-on pages and the kits behind them. What gives a page away is not that it looks like
// Outlook, but that it looks like Outlook and sends the password somewhere else.

rule Phishing_Owa_Page_Sends_Elsewhere : phishing
{
    meta:
        reason = "a page that looks like Outlook Web App and sends the password to another place than Outlook does"
        attack = "T1566.002"
    strings:
        $owa1 = "Outlook Web App" nocase
        $owa2 = "Outlook Web Access" nocase
        $owa3 = "logonForm" nocase
        $owa4 = "mainLogonDiv" nocase
        $owa5 = "owaLogoContainer" nocase
        $owa6 = "lgntopl.gif" nocase
        $owa7 = "lgntopr.gif" nocase
        $owa8 = "lgnexlogo.gif" nocase
        $owa9 = "olk_logo_white" nocase
        $owa10 = "owafont.css" nocase
        $owa11 = "Sign_in_arrow.png" nocase
        $owa12 = "To use Outlook, browser settings must allow scripts to run" nocase
        $password1 = "type=\"password\"" nocase
        $password2 = "type='password'" nocase
        $password3 = "type=password" nocase
        $form = "<form" nocase
        $real1 = "/owa/auth.owa" nocase
        $real2 = "ASP.auth_logon_aspx" nocase
        $post1 = /action\s*=\s*["']?[^"'>\s]{0,200}\.php/ nocase
        $post2 = /action\s*=\s*["']?https?:\/\// nocase
        $post3 = /action\s*=\s*["']?data:/ nocase
        $post4 = /action\s*=\s*["']?[^"'>\s]{0,200}\.(asp|cgi|pl|jsp)["'>\s?]/ nocase
        $ajax = "$.ajax" nocase
        $telegram = "api.telegram.org/bot" nocase
    condition:
        filesize < 4MB and 2 of ($owa*) and $form and any of ($password*) and
        (any of ($post1, $post2, $post3, $post4) or $telegram or $ajax) and
        not ($real1 and not any of ($post1, $post3)) and
        ($telegram or not $real2 or any of ($post1, $post3))
}

rule Phishing_Microsoft_Page_Sends_Elsewhere : phishing suspicious
{
    meta:
        reason = "a page that looks like Microsoft's log-on and sends the password to a script or a chat robot"
        attack = "T1566.002"
    strings:
        $brand1 = "Sign in to your account" nocase
        $brand2 = "microsoft_logo.svg" nocase
        $brand3 = "aadcdn.msauth" nocase
        $brand4 = "aadcdn.msftauth" nocase
        $brand5 = "Microsoft Office 365" nocase
        $brand6 = "Keep me signed in" nocase
        $brand7 = "login.microsoftonline" nocase
        $brand8 = "Because you're accessing sensitive info" nocase
        $password1 = "type=\"password\"" nocase
        $password2 = "type='password'" nocase
        $send1 = "api.telegram.org/bot" nocase
        $send2 = /action\s*=\s*["']?[^"'>\s]{0,200}\.php/ nocase
        $send3 = /url\s*:\s*["'][^"'>\s]{0,200}\.php/ nocase
        $send4 = "formspree.io" nocase
        $send5 = "formsubmit.co" nocase
        $send6 = "submit-form.com" nocase
        $send7 = "getform.io" nocase
    condition:
        filesize < 4MB and 2 of ($brand*) and any of ($password*) and any of ($send*)
}

rule Phishing_Attachment_Form : phishing suspicious
{
    meta:
        reason = "a page with the reader's address already in it that asks for the password and sends it to a script"
        attack = "T1566.001"
    strings:
        $html = "<html" nocase
        $password1 = "type=\"password\"" nocase
        $password2 = "type='password'" nocase
        $filled1 = /value\s*=\s*["'][a-z0-9._%+-]{1,64}@[a-z0-9.-]{3,128}\.[a-z]{2,8}["']/ nocase
        $send1 = /action\s*=\s*["']https?:\/\/[^"'>\s]{1,200}\.php/ nocase
        $send2 = "api.telegram.org/bot" nocase
        $send3 = /action\s*=\s*["']https?:\/\/[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}/ nocase
        $send4 = "formspree.io" nocase
    condition:
        filesize < 2MB and $html and any of ($password*) and $filled1 and any of ($send*)
}

rule Phishing_Page_Decodes_Itself : phishing suspicious
{
    meta:
        reason = "a page that is only a script, which decodes another page and shows it"
        attack = "T1027"
    strings:
        $write1 = "document.write(unescape(" nocase
        $write2 = "document.write(atob(" nocase
        $write3 = "document.write(decodeURIComponent(" nocase
        $write4 = "document.write(decodeURIComponent(escape(atob(" nocase
        $write5 = "document.documentElement.innerHTML=atob(" nocase
        $write6 = "document.body.innerHTML=atob(" nocase
        $data1 = "%3Chtml" nocase
        $data2 = "%3Cform" nocase
        $data3 = "PGh0bWw"
        $data4 = "PCFET0NUWVBF"
        $data5 = "PCFkb2N0eXBl"
        $data6 = "PEhUTUw"
        $data7 = "PGZvcm0"
    condition:
        filesize < 4MB and any of ($write*) and any of ($data*)
}

rule Phishing_Telegram_Page : phishing suspicious
{
    meta:
        reason = "a page that asks for a password and sends what it gets to a chat robot"
        attack = "T1567"
    strings:
        $bot = "api.telegram.org/bot" nocase
        $send1 = "sendMessage" nocase
        $send2 = "chat_id" nocase
        $password1 = "type=\"password\"" nocase
        $password2 = "type='password'" nocase
    condition:
        filesize < 4MB and $bot and any of ($send*) and any of ($password*)
}

rule Phishing_Kit_Sends_Password : phishing
{
    meta:
        reason = "the part of a phishing kit that mails or sends on the passwords that people typed"
        attack = "T1566.002"
    strings:
        $php = "<?php" nocase
        $take1 = "$_POST['password']" nocase
        $take2 = "$_POST['pass']" nocase
        $take3 = "$_POST['passwd']" nocase
        $take4 = "$_POST[\"password\"]" nocase
        $take5 = "$_POST['pwd']" nocase
        $take6 = "$_POST['psw']" nocase
        $take7 = "$_POST['login_password']" nocase
        $who1 = "REMOTE_ADDR"
        $who2 = "HTTP_USER_AGENT"
        $who3 = "geoplugin" nocase
        $who4 = "ip-api.com" nocase
        $send1 = "mail($" nocase
        $send2 = "api.telegram.org/bot" nocase
        $send3 = "sendMessage" nocase
        $send4 = "fwrite(" nocase
        $send5 = "file_put_contents(" nocase
        $send6 = "@mail(" nocase
        $word1 = "--------"
        $word2 = "ReZulT" nocase
        $word3 = "$send =" nocase
        $word4 = "$recipient" nocase
        $word5 = "+ Created by" nocase
        $word6 = "|Client IP" nocase
        $word7 = "LOGS" fullword
        $word8 = "OWA" fullword
        $word9 = "Office365" nocase
        $word10 = "FULLZ" nocase fullword
        $word11 = "chat_id" nocase
        $on1 = "header(\"Location:" nocase
        $on2 = "header('Location:" nocase
        $on3 = "window.location" nocase
    condition:
        filesize < 64KB and $php and any of ($take*) and any of ($who*) and any of ($send*) and
        2 of ($word*) and any of ($on*)
}

rule Phishing_Kit_Blocks_Researchers : phishing suspicious
{
    meta:
        reason = "the part of a phishing kit that shuts out security companies and search engines"
        attack = "T1480"
    strings:
        $php = "<?php" nocase
        $who1 = "phishtank" nocase
        $who2 = "netcraft" nocase
        $who3 = "google" nocase
        $who4 = "kaspersky" nocase
        $who5 = "avast" nocase
        $who6 = "bitdefender" nocase
        $who7 = "fortinet" nocase
        $who8 = "trendmicro" nocase
        $who9 = "cyveillance" nocase
        $who10 = "above.com" nocase
        $who11 = "paloalto" nocase
        $how1 = "gethostbyaddr" nocase
        $how2 = "HTTP_USER_AGENT"
        $how3 = "REMOTE_ADDR"
        $deny1 = "404 Not Found" nocase
        $deny2 = "403 Forbidden" nocase
        $deny3 = "exit(" nocase
        $deny4 = "die(" nocase
        $deny5 = "http_response_code(40" nocase
    condition:
        filesize < 256KB and $php and 4 of ($who*) and any of ($how*) and any of ($deny*)
}

rule Phishing_Kit_Htaccess : phishing suspicious
{
    meta:
        reason = "a server setting that shuts out security companies, as phishing kits bring it"
        attack = "T1480"
    strings:
        $deny1 = "deny from" nocase
        $deny2 = "RewriteCond %{HTTP_USER_AGENT}" nocase
        $deny3 = "RewriteCond %{HTTP_REFERER}" nocase
        $who1 = "phishtank" nocase
        $who2 = "netcraft" nocase
        $who3 = "kaspersky" nocase
        $who4 = "cyveillance" nocase
        $who5 = "trendmicro" nocase
        $who6 = "spamhaus" nocase
        $who7 = "avast" nocase
        $php = "<?php" nocase
    condition:
        filesize < 512KB and any of ($deny*) and 3 of ($who*) and not $php
}

rule Phishing_Mail_Seminar_Lure : phishing suspicious
{
    meta:
        reason = "a mail to all staff about a seminar on a disease that asks them to register by a link"
        attack = "T1566.002"
    strings:
        $head1 = "Subject:" nocase
        $head2 = "From:" nocase
        $to1 = "ALL STAFF" nocase
        $to2 = "all employees" nocase
        $to3 = "dear staff" nocase
        $what1 = "corona" nocase
        $what2 = "covid" nocase
        $what3 = "virus awareness" nocase
        $what4 = "outbreak" nocase
        $what5 = "vaccin" nocase
        $do1 = "seminar" nocase
        $do2 = "register" nocase
        $do3 = "mandatory" nocase
        $do4 = "survey" nocase
        $link1 = "http://" nocase
        $link2 = "https://" nocase
    condition:
        filesize < 256KB and all of ($head*) and any of ($to*) and any of ($what*) and
        2 of ($do*) and any of ($link*)
}
